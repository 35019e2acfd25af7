"""Memory of decoding an example with many objects."""

import json
import math
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import serialized
import tensorflow as tf
from coco_folder import CocoFolder, label

from copypaste_tf.examples import Features
from copypaste_tf.inputs import decode
from tfrecord_tools import dataset_conversion

SIZE = (480, 640)
COUNT = 300
FLOAT_MASKS = 4 * COUNT * math.prod(SIZE)  # 352 MiB.
KNOBS = {'source_size': SIZE, 'max_instances': COUNT, 'num_planes': 8}

# Prints the largest growth of the process in MiB while it decodes a record
# several times. It has decoded a tiny record before.
PEAK = """
import json
import sys
import tensorflow as tf
from copypaste_tf.inputs import decode
from copypaste_tf.training.run import memory

knobs = json.loads(sys.argv[1])
run = tf.function(lambda record: decode.decode_scene(record, **knobs))
tiny, many = [next(iter(tf.data.TFRecordDataset(p))) for p in sys.argv[2:]]
run(tiny)
before = memory.rss_mib()
with open('/proc/self/clear_refs', 'w') as file:
  file.write('5')  # Resets the peak.
for _ in range(4):
  run(many)
print(memory.peak_mib() - before)
"""


def _record(path, count, size):
  """Returns a record of squares; neighbours overlap."""
  folder = CocoFolder(path)
  folder.add(1, *(_label(k, size) for k in range(count)), size=size)
  dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=f'{path}/images',
      annotations=str(folder.write()),
      output_prefix=f'{path}/train',
      num_shards=1,
      num_workers=1,
    )
  )
  (written,) = path.glob('*.tfrecord')
  (record,) = tf.data.TFRecordDataset(str(written))
  return record.numpy()


def _label(k, size):
  left, top = 30 * (k % 20), 30 * (k // 20)
  right, bottom = min(left + 40, size[1]), min(top + 40, size[0])
  corners = [left, top, right, top, right, bottom, left, bottom]
  box = [left, top, right - left, bottom - top]
  return label(k + 1, bbox=box, area=box[2] * box[3], segmentation=[corners])


def _growth(path, *examples):
  """Returns the growth in MiB while the second example is decoded."""
  paths = [
    serialized.write(path / str(i), [example])
    for i, example in enumerate(examples)
  ]
  folders = [str(pathlib.Path(__file__).parents[1]), *sys.path]
  done = subprocess.run(
    [sys.executable, '-c', PEAK, json.dumps(KNOBS), *paths],
    env=os.environ | {'PYTHONPATH': os.pathsep.join(folders)},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return float(done.stdout)


@pytest.fixture(scope='module')
def example(tmp_path_factory):
  return _record(tmp_path_factory.mktemp('many') / 'coco', COUNT, SIZE)


def test_a_scene_takes_a_hundredth_of_float_masks(example):
  scene = decode.decode_scene(example, **KNOBS)
  assert np.count_nonzero(scene.ids) == COUNT
  size = sum(
    x.dtype.size * x.shape.num_elements() for x in tf.nest.flatten(scene)
  )
  # Colours and planes; box, class, address and crowd; size, id and shrunk.
  assert size == math.prod(SIZE) * (3 + 8) + COUNT * 25 + 2 * 4 + 8 + 1
  assert size < FLOAT_MASKS / 100


@pytest.mark.parametrize('of_model_garden', [False, True])
def test_decoding_takes_a_tenth_of_float_masks(
  example, tmp_path, of_model_garden
):
  """Our record has id planes; Model Garden's has a PNG for each object."""
  if of_model_garden:
    example = serialized.without(
      example, Features.IDS, Features.PLANES, Features.SCHEMA
    )
  grown = _growth(tmp_path, _record(tmp_path / 'tiny', 1, (50, 50)), example)
  print(f'{grown:.1f} MiB')
  # The growth includes the returned tensors, but not memory that is reused.
  assert 1 < grown < FLOAT_MASKS / 2**20 / 10
