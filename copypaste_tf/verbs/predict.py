"""Runs a model on image files, writes and draws its detections."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tqdm
from absl import flags

from copypaste_tf import checkpoint_flags, drawing
from copypaste_tf.inputs import data_files, image_files
from copypaste_tf.reporting import comparison
from copypaste_tf.serving import image_list, inference, prediction

DETECTIONS_FILE = 'detections.json'
IMAGES_FILE = 'images.json'
PICTURES = 'pictures'


def main() -> None:
  """Predicts and writes the files; exits with 1 if no image could be read."""
  values = flags.FLAGS
  paths = image_list.number(image_list.expand(values.images))
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False, detections=True)
  names = _names(resolved.params.task.validation_data.input_path)
  checkpoint = checkpoint_flags.checkpoint()
  detector = inference.Detector(resolved.params, checkpoint)
  predictions = run_detector(
    detector,
    paths,
    values.output,
    names=names,
    batch_size=values.batch_size,
    min_score=values.min_score,
    min_drawn_score=values.min_drawn_score if values.pictures else None,
  )
  count = sum(len(image.results) for image in predictions)
  print(f'{len(predictions)} images, {count} detections: {values.output}')
  if len(predictions) < len(paths):
    print(f'{len(paths) - len(predictions)} images could not be read')
  if not predictions:
    sys.exit(1)


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
  """Detects objects in image files and writes the detections.

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
  """
  os.makedirs(os.path.join(output, PICTURES), exist_ok=True)
  predictions = []
  with tqdm.tqdm(total=len(paths), unit='image') as bar:

    def skipped(message: str) -> None:
      bar.write(f'cannot read {message}', file=sys.stderr)
      bar.update()

    for image in prediction.predict(
      detector, paths, batch_size=batch_size, skipped=skipped
    ):
      results = [r for r in image.results if r['score'] >= min_score]
      predictions.append(image._replace(results=results))
      if min_drawn_score is not None:
        drawn = [r for r in results if r['score'] >= min_drawn_score]
        path = _picture_path(output, image.image_id, paths)
        picture = draw(image_files.read(paths[image.image_id]), drawn, names)
        with open(path, 'wb') as file:
          file.write(drawing.png_bytes(picture))
      bar.update()
  _write(output, predictions, paths, names)
  return predictions


def draw(
  image: np.ndarray,
  results: Sequence[Mapping[str, Any]],
  names: Mapping[int, str],
) -> np.ndarray:
  """Draws COCO results over their image.

  Args:
    image: `[h, w, 3]` uint8.
    results: COCO results of this image.
    names: class names by category id; a category without one shows its id.

  Returns:
    `[h, w, 3]` uint8.
  """
  objects = comparison.detected_objects(results, names)
  return drawing.draw_instances(image, *objects)


def _picture_path(output: str, image_id: int, paths: Mapping[int, str]) -> str:
  """Names a picture after its image, preceded by the id if they differ."""
  stem = os.path.splitext(os.path.basename(paths[image_id]))[0]
  unique = stem.isdecimal() and int(stem) == image_id
  name = stem if unique else f'{image_id:06d}-{stem}'
  return os.path.join(output, PICTURES, f'{name}.png')


def _write(output, predictions, paths, names) -> None:
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
  for file_name, content in (
    (DETECTIONS_FILE, [result for p in predictions for result in p.results]),
    (IMAGES_FILE, {'images': images, 'categories': categories}),
  ):
    with open(os.path.join(output, file_name), 'w') as file:
      json.dump(content, file)


def _names(records: str) -> dict[int, str]:
  """Returns the class names by category id; empty if no file has them."""
  if flags.FLAGS.label_map:
    return data_files.read_label_map(flags.FLAGS.label_map)
  try:
    return data_files.label_map(records)
  except (FileNotFoundError, IndexError):  # No such records, or no path.
    return {}
