"""Runs a model on image files, writes and draws what it predicts."""

import contextlib
import functools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import tqdm
from absl import app, flags

from copypaste_tf import checkpoint_flags, drawing, whole_files
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.file_lock import Lock, Place
from copypaste_tf.inputs import image_files
from copypaste_tf.products import products
from copypaste_tf.products.product import Product
from copypaste_tf.records import voc_devkit
from copypaste_tf.serving import image_list, inference, prediction
from copypaste_tf.tasks import registry

IMAGES_FILE = image_list.IMAGES_FILE
PICTURES = 'pictures'
LOCK = 'predict.lock'


def main() -> None:
  """Predicts and writes the files; exits with 1 if no image could be read."""
  values = flags.FLAGS
  paths, names = _images()
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, product='')
  product = products.get(registry.build(resolved.params.task).makes)
  _check_output(values.output, product)
  names = checkpoint_flags.class_names(resolved, values.label_map) or names
  checkpoint = checkpoint_flags.checkpoint()
  place = Place('--output', values.output, 'predicts to this folder')
  with Lock(os.path.join(values.output, LOCK), place):
    predictions = run_detector(
      inference.Detector(resolved.params, checkpoint),
      paths,
      values.output,
      names=names,
      batch_size=values.batch_size,
      min_score=values.min_score,
      min_drawn_score=values.min_drawn_score if values.pictures else None,
    )
  found = product.summary([image.results for image in predictions])
  print(f'{len(predictions)} images, {found}: {values.output}')
  if len(predictions) < len(paths):
    print(f'{len(paths) - len(predictions)} images could not be read')
  if not predictions:
    sys.exit(1)


def _images() -> tuple[dict[int, str], dict[int, str]]:
  """Returns the image files by id, and class names by category id."""
  patterns, annotations = flags.FLAGS.images, flags.FLAGS.annotation_file
  if not patterns:
    raise app.UsageError('--images is required')
  try:
    files = image_list.expand(patterns)
  except FileNotFoundError as error:
    raise FileNotFoundError(f'--images: {error}') from error
  if not annotations:
    return _numbered(files), {}
  content = groundtruth.from_annotations(annotations, keys=['images'])
  try:
    paths = image_list.annotated(files, content['images'])
  except ValueError as error:
    raise ValueError(f'--annotation_file={annotations}: {error}') from error
  categories = content.get('categories', [])
  return paths, {c['id']: str(c['name']) for c in categories if 'name' in c}


def _numbered(files: Sequence[str]) -> dict[int, str]:
  paths = image_list.number(files)
  if paths == dict(enumerate(files, 1)):
    print(
      'note: the ids of the images are their positions, from 1; '
      '--annotation_file takes the ids of an annotation file, by file name',
      file=sys.stderr,
    )
  return paths


def _check_output(output: str, product: Product) -> None:
  if not output:
    raise app.UsageError('--output is empty; expected a folder')
  for name in (*product.folders, PICTURES):
    whole_files.check_folder(os.path.join(output, name), '--output')
  for name in (*product.files, IMAGES_FILE):
    whole_files.check_file(os.path.join(output, name), '--output')


def run_detector(
  detector: inference.Detector,
  paths: Mapping[int, str],
  output: str,
  *,
  names: Mapping[int, str],
  batch_size: int,
  min_score: float = 0.0,
  min_drawn_score: float | None = 0.3,
) -> list[prediction.Prediction]:
  """Runs a model on image files and writes its predictions.

  They are written even if an error or Ctrl-C ends the prediction.

  Args:
    detector: the model.
    paths: image files by id.
    output: folder for the files; it is made if it does not exist.
    names: class names by category id.
    batch_size: images in a batch.
    min_score: detections with a lower score are left out.
    min_drawn_score: detections with a lower score are not drawn; None draws no
      pictures.

  Returns:
    The predictions for all readable images. The others are reported on standard
    error.

  Raises:
    ValueError: a file could not be written; the message says where the
      predictions are.
  """
  product = products.get(detector.makes)
  os.makedirs(os.path.join(output, PICTURES), exist_ok=True)
  predictions, faults = [], []
  with (
    contextlib.ExitStack() as unfinished,
    tqdm.tqdm(total=len(paths), unit='image') as bar,
  ):
    unfinished.callback(_write_some, output, product, predictions, paths, names)

    def skipped(message: str) -> None:
      bar.write(f'cannot read {message}', file=sys.stderr)
      bar.update()

    for image in prediction.predict(
      detector,
      paths,
      batch_size=batch_size,
      skipped=skipped,
      result=product.result,
    ):
      results = product.filtered(image.results, min_score)
      predictions.append(image._replace(results=results))
      if min_drawn_score is not None and not faults:
        drawn = product.filtered(results, min_drawn_score)
        target = os.path.join(
          output, PICTURES, f'{_stem(image.image_id, paths)}.png'
        )
        draw = functools.partial(product.draw, result=drawn, names=names)
        faults += _draw_file(paths[image.image_id], target, draw)
      bar.update()
    unfinished.pop_all()
  _write(output, product, predictions, paths, names)
  if faults:
    raise ValueError(
      f'the predictions are complete, the pictures not: {faults[0]}'
    )
  return predictions


def _write_some(output, product, predictions, paths, names) -> None:
  """Writes what was predicted before an error."""
  if predictions:
    _write(output, product, predictions, paths, names)
    print(
      f'{len(predictions)} of {len(paths)} images are in {output}',
      file=sys.stderr,
    )


def _draw_file(source, target, draw) -> list[str]:
  """Draws the results on an image file; returns the fault if it fails."""
  picture = draw(image_files.read(source))
  try:
    with open(target, 'wb') as file:
      file.write(drawing.png_bytes(picture))
  except OSError as error:
    return [f'{target}: {error.strerror}']
  return []


def _stem(image_id: int, paths: Mapping[int, str]) -> str:
  """Names files after their image, preceded by the id if they differ."""
  stem = os.path.splitext(os.path.basename(paths[image_id]))[0]
  digits = voc_devkit.digits(stem)
  unique = digits.isdecimal() and int(digits) == image_id
  return stem if unique else f'{image_id:06d}-{stem}'


def _write(output, product, predictions, paths, names) -> None:
  images = [
    {
      'id': image.image_id,
      'file_name': paths[image.image_id],
      'height': image.size[0],
      'width': image.size[1],
    }
    for image in predictions
  ]
  categories = [{'id': i, 'name': name} for i, name in sorted(names.items())]
  content = {'images': images, 'categories': categories}
  stems = {
    image.image_id: _stem(image.image_id, paths) for image in predictions
  }
  files = {IMAGES_FILE: functools.partial(_write_json, content)}
  for name, write in (files | product.write(predictions, stems)).items():
    path = os.path.join(output, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    whole_files.write_or_keep(path, write)


def _write_json(content: Any, path: str) -> None:
  with open(path, 'w') as file:
    json.dump(content, file)
