"""Times COCO evaluation against pycocotools, side by side in one run.

Repeats the 100 images of the public evaluation example under new ids, and pads
each image to 100 detections with shifted copies of its own.

    COPYPASTE_TF_DATA=... python -m benchmarks.benchmark_evaluation
"""

import contextlib
import io
import json
import os
import pathlib
import time

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
from absl import app, flags
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import coco

_DATA = flags.DEFINE_string(
  'data',
  os.environ.get('COPYPASTE_TF_DATA'),
  'Folder that contains coco_eval_golden/.',
)
_IMAGES = flags.DEFINE_integer('images', 5000, 'Images, in steps of 100.')
_DETECTIONS = flags.DEFINE_integer('detections', 100, 'Detections per image.')
_OUTPUT = flags.DEFINE_string('output', None, 'JSON file for the numbers.')

MAX_SHIFT = 20  # Pixels.
ID_STEP = 1_000_000  # Between the repetitions of an image.


def load_example(folder: pathlib.Path):
  """Returns the ground truth and the mask results of the public example."""
  truth = json.loads((folder / 'instances_val2014_100.json').read_text())
  name = 'results/instances_val2014_fakesegm100_results.json'
  return truth, json.loads((folder / name).read_text())


def pad_detections(truth, results, count: int, seed: int = 0):
  """Returns `count` detections with box and mask for each image id.

  Images with fewer results also get shifted copies of them. Images without
  results get copies of their ground truth. Images without either stay empty.
  """
  rng = np.random.default_rng(seed)
  index = _quietly(_index, truth)
  by_image = {image['id']: [] for image in truth['images']}
  for result in results:
    by_image[result['image_id']].append(result)
  for image_id, sources in by_image.items():
    if not sources:
      sources.extend(
        annotation | {'segmentation': index.annToRLE(annotation)}
        for annotation in index.imgToAnns[image_id]
      )
    number = count if sources else 0
    by_image[image_id] = [
      _shifted(sources[i % len(sources)], rng, move=i >= len(sources))
      for i in range(number)
    ]
  return by_image


def _shifted(result, rng, *, move: bool):
  mask = coco_mask.decode(result['segmentation'])
  shift = rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, 2) if move else (0, 0)
  rle = coco_mask.encode(np.asfortranarray(np.roll(mask, shift, (0, 1))))
  return {
    'category_id': result['category_id'],
    'bbox': coco_mask.toBbox(rle).tolist(),
    'segmentation': rle | {'counts': rle['counts'].decode()},
    'score': round(float(rng.random()), 3),
  }


def repeat(truth, detections, times: int):
  """Repeats images, annotations and detections under new ids."""
  images, annotations, results = [], [], []
  for k in range(times):
    offset = k * ID_STEP
    for image in truth['images']:
      key = image['id'] + offset
      images.append(image | {'id': key})
      results += [r | {'image_id': key} for r in detections[image['id']]]
    annotations += [
      a | {'image_id': a['image_id'] + offset, 'id': len(annotations) + i}
      for i, a in enumerate(truth['annotations'], 1)
    ]
  return truth | {'images': images, 'annotations': annotations}, results


def run_pycocotools(truth, results, iou_type: str) -> list[float]:
  """Evaluates as the example of pycocotools does."""
  key = {'bbox': 'segmentation', 'segm': 'bbox'}[iou_type]
  results = [{k: v for k, v in r.items() if k != key} for r in results]
  index = _index(truth)
  run = pycocotools.cocoeval.COCOeval(index, index.loadRes(results), iou_type)
  run.evaluate()
  run.accumulate()
  run.summarize()
  return run.stats.tolist()


def run_ours(truth, results, iou_type: str) -> list[float]:
  """Evaluates with this package."""
  metrics = coco.evaluate(truth, results, iou_types=(iou_type,))
  return list(metrics.values())


def _index(truth):
  index = pycocotools.coco.COCO()
  index.dataset = truth
  index.createIndex()
  return index


def _quietly(run, *args):
  with contextlib.redirect_stdout(io.StringIO()):
    return run(*args)


def _timed(name: str, run, *args):
  print(f'{name} ...', end=' ', flush=True)
  start, cpu = time.perf_counter(), time.process_time()
  stats = _quietly(run, *args)
  seconds = time.perf_counter() - start, time.process_time() - cpu
  print(f'{seconds[0]:.1f} s ({seconds[1]:.1f} s of CPU)', flush=True)
  return stats, seconds


def main(argv: list[str]) -> None:
  """Prints the times, their ratio and the largest difference of a metric."""
  del argv
  if not _DATA.value:
    raise app.UsageError('set --data or COPYPASTE_TF_DATA')
  folder = pathlib.Path(_DATA.value) / 'coco_eval_golden'
  print(f'making {_IMAGES.value} images ...', flush=True)
  truth, results = load_example(folder)
  detections = pad_detections(truth, results, _DETECTIONS.value)
  truth, results = repeat(truth, detections, _IMAGES.value // 100)
  sizes = {'images': len(truth['images']), 'detections': len(results)}
  print(', '.join(f'{count} {name}' for name, count in sizes.items()))
  totals, differences = np.zeros([2, 2]), []
  for iou_type in ('bbox', 'segm'):
    ours, seconds = _timed(
      f'{iou_type}, ours', run_ours, *(truth, results, iou_type)
    )
    theirs, reference = _timed(
      f'{iou_type}, pycocotools', run_pycocotools, *(truth, results, iou_type)
    )
    ratio = np.divide(reference, seconds)
    print(f'{iou_type}: {ratio[0]:.1f} times faster ({ratio[1]:.1f} by CPU)')
    totals += [seconds, reference]
    differences.append(np.abs(np.subtract(ours, theirs)).max())
  wall, cpu = totals[1] / totals[0]
  print(f'both: {wall:.1f} times faster ({cpu:.1f} by CPU)')
  print(f'largest difference of a metric: {max(differences):.1e}')
  if _OUTPUT.value:
    numbers = sizes | {
      'seconds': totals[0, 0],
      'pycocotools_seconds': totals[1, 0],
      'ratio': wall,
      'cpu_ratio': cpu,
      'difference': float(max(differences)),
    }
    pathlib.Path(_OUTPUT.value).write_text(json.dumps(numbers, indent=2))


if __name__ == '__main__':
  app.run(main)
