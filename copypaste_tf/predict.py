r"""Detects objects in image files: COCO results, and pictures of them.

python -m copypaste_tf.predict --model_dir=build/first \
    --images='build/shapes/images/*.jpg' --output=build/predictions
"""

from copypaste_tf import environment  # isort: split

import glob
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tqdm
from absl import app, flags
from pycocotools import mask as coco_mask

from copypaste_tf import checkpoint_flags, config_flags, drawing
from copypaste_tf.inputs import data_files, image_files
from copypaste_tf.serving import inference, prediction

del environment  # Imported for what it sets.

DETECTIONS_FILE = 'detections.json'
IMAGES_FILE = 'images.json'
PICTURES = 'pictures'


def _define_flags() -> None:
  checkpoint_flags.define()
  flags.DEFINE_multi_string(
    'images',
    [],
    "Image file, or a glob pattern such as 'photos/**/*.jpg'. May be repeated.",
  )
  flags.DEFINE_string(
    'output',
    None,
    f'Folder for {DETECTIONS_FILE} (COCO results), {IMAGES_FILE} (ids, files '
    f'and sizes of the images, names of the classes) and {PICTURES}/.',
  )
  flags.DEFINE_integer(
    'batch_size', 4, 'Images that the model sees at once.', lower_bound=1
  )
  flags.DEFINE_float(
    'min_score', 0.0, 'Detections with a lower score are left out.'
  )
  flags.DEFINE_float(
    'min_drawn_score', 0.3, 'Detections with a lower score are not drawn.'
  )
  flags.DEFINE_bool('pictures', True, 'Draw the detections.')
  flags.DEFINE_string(
    'label_map',
    None,
    'JSON with the names of the classes: the manifest of records, a COCO '
    'annotation file, or {"1": "person", ...}. By default the manifest of the '
    "recipe's evaluation records, if it is there.",
  )


def main(argv: list[str]) -> None:
  """Predicts and writes the files; ends with 1 if no image could be read."""
  if argv[1:]:
    raise app.UsageError(f'expected flags only, got {argv[1:]}')
  values = flags.FLAGS
  if not values.images or not values.output:
    raise app.UsageError('--images and --output are required')
  paths = prediction.number(expand(values.images))
  resolved = checkpoint_flags.load()
  checkpoint_flags.check(resolved, data=False)
  names = _names(resolved.params.task.validation_data.input_path)
  checkpoint = checkpoint_flags.checkpoint()
  detector = inference.Detector(resolved.params, checkpoint)
  found = run_detector(
    detector,
    paths,
    values.output,
    names=names,
    batch_size=values.batch_size,
    min_score=values.min_score,
    min_drawn_score=values.min_drawn_score if values.pictures else None,
  )
  count = sum(len(image.results) for image in found)
  print(f'{len(found)} images, {count} detections: {values.output}')
  if len(found) < len(paths):
    print(f'{len(paths) - len(found)} images could not be read')
  if not found:
    sys.exit(1)


def expand(patterns: Sequence[str]) -> list[str]:
  """Lists the files that paths and glob patterns mean, each once, sorted.

  Raises:
    FileNotFoundError: a pattern matches nothing.
  """
  files = set()
  for pattern in patterns:
    # A name may hold brackets.
    exact = [pattern] if os.path.isfile(pattern) else []
    found = exact or filter(os.path.isfile, glob.glob(pattern, recursive=True))
    found = list(found)
    if not found:
      raise FileNotFoundError(f'--images: no file matches {pattern!r}')
    files.update(found)
  return sorted(files)


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
  """Detects objects in image files and writes what is found.

  Args:
    detector: the model.
    paths: image files by id.
    output: folder, made if it is not there.
    names: of the classes, by category id.
    batch_size: images that the model sees at once.
    min_score: detections with a lower score are left out.
    min_drawn_score: those with a lower score are not drawn; None draws nothing.

  Returns:
    The images that could be read. Others are reported on standard error.
  """
  os.makedirs(os.path.join(output, PICTURES), exist_ok=True)
  found = []
  with tqdm.tqdm(total=len(paths), unit='image') as bar:

    def skipped(message: str) -> None:
      bar.write(f'cannot read {message}', file=sys.stderr)
      bar.update()

    for image in prediction.predict(
      detector, paths, batch_size=batch_size, skipped=skipped
    ):
      kept = [r for r in image.results if r['score'] >= min_score]
      found.append(image._replace(results=kept))
      if min_drawn_score is not None:
        drawn = [r for r in kept if r['score'] >= min_drawn_score]
        path = _picture_path(output, image.image_id, paths)
        picture = draw(image_files.read(paths[image.image_id]), drawn, names)
        with open(path, 'wb') as file:
          file.write(drawing.png_bytes(picture))
      bar.update()
  _write(output, found, paths, names)
  return found


def draw(
  image: np.ndarray,
  results: Sequence[Mapping[str, Any]],
  names: Mapping[int, str],
) -> np.ndarray:
  """Draws COCO results over their image.

  Args:
    image: `[h, w, 3]` uint8.
    results: of this image.
    names: of the classes, by category id; others show their ids.

  Returns:
    `[h, w, 3]` uint8.
  """
  sides = np.array([r['bbox'] for r in results]).reshape(-1, 4)
  left, top, width, height = sides.T
  boxes = np.stack([top, left, top + height, left + width], axis=-1)
  classes = [r['category_id'] for r in results]
  masks = None
  if results and 'segmentation' in results[0]:
    masks = [coco_mask.decode(r['segmentation']) > 0 for r in results]
  captions = [
    f'{names.get(r["category_id"], r["category_id"])} {r["score"]:.2f}'
    for r in results
  ]
  colors = drawing.class_colors(classes)
  return drawing.draw_instances(image, boxes, masks, captions, colors)


def _picture_path(output: str, image_id: int, paths: Mapping[int, str]) -> str:
  """Names a picture after its image, with the id where the name is no id."""
  stem = os.path.splitext(os.path.basename(paths[image_id]))[0]
  unique = stem.isdecimal() and int(stem) == image_id
  name = stem if unique else f'{image_id:06d}-{stem}'
  return os.path.join(output, PICTURES, f'{name}.png')


def _write(output, found, paths, names) -> None:
  images = [
    {
      'id': image.image_id,
      'file_name': paths[image.image_id],
      'height': image.size[0],
      'width': image.size[1],
    }
    for image in found
  ]
  categories = [{'id': i, 'name': name} for i, name in sorted(names.items())]
  for file_name, content in (
    (DETECTIONS_FILE, [result for image in found for result in image.results]),
    (IMAGES_FILE, {'images': images, 'categories': categories}),
  ):
    with open(os.path.join(output, file_name), 'w') as file:
      json.dump(content, file)


def _names(records: str) -> dict[int, str]:
  """Returns the names of the classes; none where no file tells them."""
  if flags.FLAGS.label_map:
    return data_files.read_label_map(flags.FLAGS.label_map)
  try:
    return data_files.label_map(records)
  except (FileNotFoundError, IndexError):  # No such records, or none named.
    return {}


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; an error of the config is one line, not a traceback."""
  _define_flags()
  config_flags.run(main, argv)


if __name__ == '__main__':
  run()
