"""Measures `evaluate --results` on a file of LVIS's proportions.

Writes annotations with polygons and a file of detections with boxes and masks,
and evaluates them by the command in a process of its own. The images are those
of benchmark_lvis, but every detection has its mask, as in a file for LVIS's
server. Time and memory above those of a tenth of the images are extrapolated to
the 19,809 images of LVIS v1 val in proportion to the images.

    COPYPASTE_TF_DATA=... python -m benchmarks.benchmark_results --protocol=lvis
"""

import json
import os
import pathlib
import sys
import tempfile

import numpy as np
from absl import app, flags

from benchmarks import benchmark_lvis

_PROTOCOL = flags.DEFINE_enum(
  'protocol', 'lvis', ['coco', 'lvis', 'lvis_fixed', 'voc'], 'The protocol.'
)
# The other flags are those of benchmark_lvis.
_VALUES = flags.FLAGS

_COMMON = 0.3  # Share of the objects of COCO that are of its first category.
_COCO = 80  # Categories of COCO.


class Writer:
  """Writes labels and detections of a number of images."""

  def __init__(self, data: pathlib.Path, protocol: str):
    self._sample = benchmark_lvis.Sample(data)
    path = data / 'lvis_val_sample' / 'lvis_val_100.json'
    truth = json.loads(path.read_text())
    self._polygons = {a['id']: a['segmentation'] for a in truth['annotations']}
    if protocol in ('coco', 'voc'):
      self._be_like_coco()

  def _be_like_coco(self) -> None:
    """Draws from 80 categories; one of them has 30 % of the objects."""
    sample = self._sample
    sample.categories = sample.categories[:_COCO]
    sample.ids = sample.ids[:_COCO]
    others = np.full(_COCO - 1, (1 - _COMMON) / (_COCO - 1))
    sample.weights = np.append(_COMMON, others)

  def write(self, folder: pathlib.Path, count: int, each: int) -> list[str]:
    """Writes the files, and returns the flags that name them."""
    labels, results = folder / 'labels.json', folder / 'results.json'
    images, annotations = [], []
    with open(results, 'w') as file:
      for number in range(count):
        image, objects, found = benchmark_lvis.make_image(
          self._sample, number, each, complete=True
        )
        images.append(image)
        annotations += [
          a | {'segmentation': self._polygons[a['id']]} for a in objects
        ]
        rows = map(json.dumps, found)
        file.write(('[' if number == 0 else ',\n') + ',\n'.join(rows))
      file.write(']')
    truth = {
      'images': images,
      'annotations': [a | {'id': i} for i, a in enumerate(annotations, 1)],
      'categories': self._sample.categories,
    }
    labels.write_text(json.dumps(truth))
    return [f'--annotation_file={labels}', f'--results={results}']


def measure(writer: Writer, count: int, each: int):
  """Returns CPU seconds, peak memory in MiB and bytes of the detections."""
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    paths = writer.write(folder, count, each)
    command = [sys.executable, '-m', 'copypaste_tf.evaluate', *paths]
    command += [
      f'--protocol={_PROTOCOL.value}',
      f'--iou_types={",".join(_VALUES.iou_types)}',
      f'--metrics={folder}/metrics.json',
    ]
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
      raise RuntimeError(f'evaluate ended with {status}')
    size = (folder / 'results.json').stat().st_size
  return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, size


def main(argv: list[str]) -> None:
  """Prints time and memory, and what they would be for LVIS v1 val."""
  del argv
  if not _VALUES.data:
    raise app.UsageError('set --data or COPYPASTE_TF_DATA')
  writer = Writer(pathlib.Path(_VALUES.data), _PROTOCOL.value)
  count, each = _VALUES.images, _VALUES.detections
  few = count // 10
  base, base_mib, _ = measure(writer, few, each)
  cpu, mib, size = measure(writer, count, each)
  factor = (benchmark_lvis.VALIDATION_IMAGES - count) / (count - few)
  numbers = {
    'images': count,
    'detections': count * each,
    'file_mb': size / 1e6,
    'cpu_seconds': cpu,
    'peak_mib': mib,
    'few_cpu_seconds': base,
    'few_peak_mib': base_mib,
    'val_cpu_minutes': (cpu + (cpu - base) * factor) / 60,
    'val_gib': (mib + (mib - base_mib) * factor) / 1024,
  }
  for name, value in numbers.items():
    print(f'{name:24}{value:12.3f}')
  if _VALUES.output:
    pathlib.Path(_VALUES.output).write_text(json.dumps(numbers, indent=2))


if __name__ == '__main__':
  app.run(main)
