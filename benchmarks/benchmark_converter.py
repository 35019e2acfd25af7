r"""Times our converter against Model Garden's on the same images.

Both write masks, in one process. They alternate image by image, so that a slow
phase of the machine affects both. Each round converts all images.

  python -m benchmarks.benchmark_converter \
    --images=DIR --annotations=instances.json
"""

import os
import statistics
import tempfile
import time

import tensorflow as tf
from absl import app, flags
from official.vision.data import create_coco_tf_record as model_garden

from tfrecord_tools import coco_json, coco_objects, conversion, manifest
from tfrecord_tools.entries import Lazy

# Model Garden's module already defines --image_dir.
_IMAGES = flags.DEFINE_string(
  'images', None, 'Folder of images.', required=True
)
_ANNOTATIONS = flags.DEFINE_string(
  'annotations', None, 'Annotation file in COCO format.', required=True
)
_ROUNDS = flags.DEFINE_integer(
  'rounds', 5, 'Number of passes over the images.', 1
)


def _ours(entry, job, tally):
  return conversion.convert_image(entry, job, tally)[0]


def _theirs(entry, job):
  height, width = entry.size
  example, _ = model_garden.create_tf_example(
    {
      'id': entry.id,
      'file_name': entry.file_names[0],
      'height': height,
      'width': width,
    },
    [job.image_dir],
    bbox_annotations=entry.objects.sources,
    id_to_name_map={k: v.name for k, v in job.categories.items()},
    include_masks=True,
  )
  return example.SerializeToString()


def _round(entries, job, folder):
  """Returns seconds and bytes of each converter over all images."""
  tally = manifest.Tally()
  turns = {'ours': lambda e: _ours(e, job, tally)}
  turns['theirs'] = lambda e: _theirs(e, job)
  seconds = dict.fromkeys(turns, 0.0)
  paths = {name: os.path.join(folder, name) for name in turns}
  writers = {name: tf.io.TFRecordWriter(path) for name, path in paths.items()}
  for i, entry in enumerate(entries):
    for name in sorted(turns, reverse=i % 2 == 1):
      start = time.process_time()
      writers[name].write(turns[name](entry))
      seconds[name] += time.process_time() - start
  for writer in writers.values():
    writer.close()
  return seconds, {name: os.path.getsize(path) for name, path in paths.items()}


def _convertible(entry):
  """Keeps the annotations that Model Garden converts: RLE of crowds only."""
  convertible = [
    label
    for label in entry.objects.sources
    if label['iscrowd'] or isinstance(label['segmentation'], list)
  ]
  return entry._replace(objects=Lazy(coco_objects.object_entry, convertible))


def _run(_):
  dataset = coco_json.load(_ANNOTATIONS.value, stop=True)
  job = conversion.Job(
    image_dir=_IMAGES.value,
    output_prefix='',
    num_shards=1,
    include_masks=True,
    stop=True,
    categories=dataset.categories,
    arguments={},
    fingerprint='',
  )
  entries = [_convertible(entry) for entry in dataset.images.values()]
  ratios = []
  for index in range(_ROUNDS.value):
    with tempfile.TemporaryDirectory() as folder:
      seconds, sizes = _round(entries, job, folder)
    ratios.append(seconds['theirs'] / seconds['ours'])
    for name in seconds:
      print(
        f'round {index}: {name:7}{len(entries) / seconds[name]:8.1f} images/s '
        f'and core{sizes[name] / 2**20:8.1f} MiB'
      )
    print(f'round {index}: ratio {ratios[-1]:.2f}', flush=True)
  print(
    f'median ratio {statistics.median(ratios):.2f} over {len(ratios)} rounds '
    f'of {len(entries)} images'
  )


if __name__ == '__main__':
  app.run(_run)
