"""Measures time and memory of LVIS's metrics on a set of LVIS's proportions.

Repeats real images of LVIS under new ids, with categories that are drawn by
their image counts in LVIS v1. Each image has 300 detections. A third of them
are of categories that were verified in the image; the others have no masks, as
in the evaluation of a checkpoint. Time and memory above that of the imports are
extrapolated to the 19,809 images of LVIS v1 val in proportion to the images.
The pasting of masks is not included.

    COPYPASTE_TF_DATA=... python -m benchmarks.benchmark_lvis
"""

import collections
import json
import os
import pathlib
import time

import numpy as np
from absl import app, flags
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import detection_sets, detections, protocols
from copypaste_tf.training.run import memory

_DATA = flags.DEFINE_string(
  'data',
  os.environ.get('COPYPASTE_TF_DATA'),
  'Folder that contains lvis_val_sample/ and lvis_v1_sample/.',
)
_IMAGES = flags.DEFINE_integer('images', 2000, 'Number of images.')
_DETECTIONS = flags.DEFINE_integer('detections', 300, 'Detections per image.')
_TYPES = flags.DEFINE_list('iou_types', ['bbox', 'segm'], 'What is measured.')
_OUTPUT = flags.DEFINE_string('output', None, 'JSON file for the numbers.')

VALIDATION_IMAGES = 19809
VERIFIED = 1 / 3  # Share of the detections.
NEGATIVE = 9  # Categories of an image that were verified as absent.


class Sample:
  """Real images with their objects and detections, and v1's categories."""

  def __init__(self, data: pathlib.Path):
    truth = _read(data / 'lvis_val_sample' / 'lvis_val_100.json')
    self.sizes = {i['id']: (i['height'], i['width']) for i in truth['images']}
    self.objects, self.found = (collections.defaultdict(list) for _ in range(2))
    for annotation in truth['annotations']:
      source = annotation['image_id']
      parts = coco_mask.frPyObjects(
        annotation['segmentation'], *self.sizes[source]
      )
      mask = {'segmentation': coco_mask.merge(parts)}
      self.objects[source].append(annotation | mask)
    for result in _read(data / 'lvis_val_sample' / 'synthetic_results.json'):
      self.found[result['image_id']].append(result)
    self.sources = sorted(self.objects.keys() & self.found.keys())
    path = data / 'lvis_v1_sample' / 'lvis_v1_train_cat_info.json'
    self.categories = _read(path)
    self.ids = np.array([c['id'] for c in self.categories])
    counts = np.array([c['image_count'] for c in self.categories], float)
    self.weights = counts / counts.sum()

  def draw(self, rng, count: int) -> list[int]:
    """Returns categories, drawn by their image counts."""
    return rng.choice(self.ids, count, p=self.weights).tolist()


def _read(path: pathlib.Path):
  return json.loads(path.read_text())


def make_image(sample: Sample, number: int, count: int, complete: bool = False):
  """Returns an image, its annotations, and detections of it.

  If `complete`, detections of categories that were not verified have masks.
  """
  rng = np.random.default_rng(number)
  source = sample.sources[number % len(sample.sources)]
  old = {a['category_id'] for a in sample.objects[source]}
  renamed = dict(zip(old, sample.draw(rng, len(old)), strict=True))
  height, width = sample.sizes[source]
  image = {
    'id': number,
    'height': height,
    'width': width,
    'neg_category_ids': sample.draw(rng, NEGATIVE),
    'not_exhaustive_category_ids': [],
  }
  annotations = [
    a | {'image_id': number, 'category_id': renamed[a['category_id']]}
    for a in sample.objects[source]
  ]
  found = sample.found[source]
  results = [
    _detection(rng, sample, image, renamed, found, i, complete)
    for i in range(count)
  ]
  return image, annotations, detections.from_results(results)


def _detection(rng, sample, image, renamed, found, i, complete):
  """Returns a detection of the sample, or its copy of another category."""
  result = found[i % len(found)]
  verified = [*renamed.values(), *image['neg_category_ids']]
  category = renamed.get(result['category_id'])
  if category is None or i >= len(sample.found[result['image_id']]):
    known = rng.random() < VERIFIED
    category = int(rng.choice(verified if known else sample.ids))
  size = image['height'], image['width']
  mask = result['segmentation']
  if category not in verified and not complete:
    mask = coco_mask.encode(np.zeros(size, np.uint8, order='F'))
  return {
    'image_id': image['id'],
    'category_id': category,
    'bbox': result['bbox'],
    'segmentation': mask,
    'score': result['score'] * rng.uniform(0.1, 1),
  }


def measure(sample: Sample, images: int, count: int, iou_types):
  """Returns metrics, seconds of wall and CPU time, and detections.

  The memory of all batches counts, as in the evaluation of a checkpoint.
  """
  made = [make_image(sample, number, count) for number in range(images)]
  annotations = [a for image in made for a in image[1]]
  truth = {
    'images': [image[0] for image in made],
    'annotations': [a | {'id': i} for i, a in enumerate(annotations, 1)],
    'categories': sample.categories,
  }
  batches = [image[2] for image in made]
  made.clear()
  start, cpu = time.perf_counter(), time.process_time()
  run = protocols.evaluator('lvis', lambda: truth, iou_types=iou_types)
  run.replace(detection_sets.concat(batches))
  batches.clear()
  metrics = run.metrics()
  seconds = time.perf_counter() - start, time.process_time() - cpu
  return metrics, seconds, len(run.detections)


def main(argv: list[str]) -> None:
  """Prints time and memory, and what they would be for LVIS v1 val."""
  del argv
  if not _DATA.value:
    raise app.UsageError('set --data or COPYPASTE_TF_DATA')
  sample, base = Sample(pathlib.Path(_DATA.value)), memory.peak_mib()
  metrics, (wall, cpu), count = measure(
    sample, _IMAGES.value, _DETECTIONS.value, _TYPES.value
  )
  factor = VALIDATION_IMAGES / _IMAGES.value
  numbers = {
    'images': _IMAGES.value,
    'detections': count,
    'seconds': wall,
    'cpu_seconds': cpu,
    'base_mib': base,
    'peak_mib': memory.peak_mib(),
    'val_cpu_minutes': cpu * factor / 60,
    'val_gib': (base + (memory.peak_mib() - base) * factor) / 1024,
  }
  for name, value in (numbers | metrics).items():
    print(f'{name:24}{value:12.3f}')
  if _OUTPUT.value:
    pathlib.Path(_OUTPUT.value).write_text(json.dumps(numbers, indent=2))


if __name__ == '__main__':
  app.run(main)
