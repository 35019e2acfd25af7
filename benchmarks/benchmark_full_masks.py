r"""Times scenes of full-size masks in units of a bare JPEG decode.

`from_masks` gets decoded images and `[n, h, w]` masks. Model Garden's records
hold a PNG of each object, here Pillow's as its converter writes them. The rows
`PNGs` and `masks, read` say what no way of packing masks can save: decoding all
PNGs, and reading each byte of the masks once. All rows take turns.

  python -m benchmarks.benchmark_full_masks --records='DIR/train-*.tfrecord'
"""

import functools
import io
import statistics

import numpy as np
import tensorflow as tf
from absl import app, flags
from PIL import Image

from copypaste_tf import augment
from copypaste_tf.costs import measure
from copypaste_tf.examples import Features
from copypaste_tf.inputs import decode
from copypaste_tf.records import record as records

_RECORDS = flags.DEFINE_string(
  'records', None, 'Glob of records of JPEGs with masks.', required=True
)
_IMAGES = flags.DEFINE_integer('images', 48, 'Number of images.', 1)
_MIN_OBJECTS = flags.DEFINE_integer(
  'min_objects', 1, 'Takes only images of as many objects.', 0
)
_SIZE = flags.DEFINE_integer(
  'source_size', 640, 'Height and width of the padded scenes in pixels.', 1
)
_ROUNDS = flags.DEFINE_integer('rounds', 10, 'Number of rounds.', 1)


def _images():
  paths = sorted(tf.io.gfile.glob(_RECORDS.value))
  found = []
  for _, _, serialized in records.read_serialized(paths):
    if len(found) < _IMAGES.value:
      record = records.parse(serialized)
      if len(record.ids) >= _MIN_OBJECTS.value and not record.crowd.any():
        found.append((serialized, record))
  return found


def _model_gardens(serialized, record) -> bytes:
  """Returns the record with PNGs of Pillow and without planes."""
  example = tf.train.Example.FromString(serialized)
  feature = example.features.feature
  for key in (Features.PLANES, Features.IDS, Features.MASK):
    feature.pop(key, None)
  for mask in records.instance_masks(record):
    png = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(png, format='PNG')
    feature[Features.MASK].bytes_list.value.append(png.getvalue())
  return example.SerializeToString()


def _arrays(record) -> dict:
  return {
    'image': tf.io.decode_jpeg(record.image_bytes, channels=3),
    'masks': tf.constant(np.stack(list(records.instance_masks(record)))),
    'classes': tf.constant(record.classes),
    'source_id': tf.constant(record.source_id, tf.int64),
  }


def _held(elements) -> tf.data.Dataset:
  """Holds elements of any shapes in memory; taking one copies nothing."""
  spec = tf.nest.map_structure(
    lambda x: tf.TensorSpec([None] * x.shape.rank, x.dtype), elements[0]
  )
  dataset = tf.data.Dataset.from_generator(
    lambda: iter(elements), output_signature=spec
  )
  return dataset.cache()


def _workload(dataset, function, images) -> measure.Workload:
  """Takes every result in the graph, and only each last one in Python."""
  results = dataset.repeat().map(function).enumerate()
  last = results.filter(lambda index, _: (index + 1) % images == 0)
  return measure.taking(last, images)


def _corner(png):
  return tf.io.decode_png(png, channels=1)[0, 0, 0]


def _workloads(found):
  knobs = {
    'source_size': (_SIZE.value, _SIZE.value),
    'max_instances': 100,
    'num_planes': 8,
  }
  jpegs = _held([tf.constant(r.image_bytes) for _, r in found])
  arrays = _held([_arrays(r) for _, r in found])
  ours = _held([tf.constant(s) for s, _ in found])
  theirs = [_model_gardens(s, r) for s, r in found]
  pngs = [
    tf.train.Example.FromString(s).features.feature[Features.MASK]
    for s in theirs
  ]
  pngs = _held([tf.constant(list(x.bytes_list.value)) for x in pngs])
  scene = functools.partial(decode.decode_scene, **knobs)
  return {
    'bare decode': (jpegs, functools.partial(tf.io.decode_jpeg, channels=3)),
    'our records': (ours, scene),
    'masks, read': (arrays, lambda x: tf.reduce_any(x['masks'], axis=2)),
    'from_masks': (arrays, lambda x: augment.from_masks(**x, **knobs)),
    'PNGs': (
      pngs,
      lambda x: tf.map_fn(_corner, x, fn_output_signature=tf.uint8),
    ),
    "Model Garden's": (_held([tf.constant(s) for s in theirs]), scene),
  }


def _run(_):
  found = _images()
  if not found:
    raise app.UsageError(f'No record of {_RECORDS.value} fits the flags.')
  objects = statistics.mean(len(r.ids) for _, r in found)
  print(f'{len(found)} images of {objects:.1f} objects on average')
  samples = measure.interleaved(
    {k: _workload(*v, len(found)) for k, v in _workloads(found).items()},
    images=len(found),
    rounds=_ROUNDS.value,
  )
  unit = statistics.median(s.cpu for s in samples['bare decode'])
  for name, of_name in samples.items():
    ratios = [
      s.cpu / u.cpu
      for s, u in zip(of_name, samples['bare decode'], strict=True)
    ]
    cpu = statistics.median(s.cpu for s in of_name)
    print(
      f'{name:16}{1e3 * cpu:8.2f} ms an image{cpu / unit:8.2f} decodes, '
      f'rounds {min(ratios):.2f} to {max(ratios):.2f}'
    )


if __name__ == '__main__':
  app.run(_run)
