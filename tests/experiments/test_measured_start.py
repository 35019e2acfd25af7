"""Runs that started from other weights are known."""

import dataclasses
import shutil
import types

import pytest
import tensorflow as tf

from experiments import measured_start, tables
from experiments.rows import Cell


def save(folder, value):
  checkpoint = tf.train.Checkpoint(value=tf.Variable(value))
  return checkpoint.write(f'{folder}/ckpt-1')


def test_weights_are_known_by_their_contents(tmp_path):
  names = ('a', 'b', 'c')
  first, copy, other = (str(tmp_path / name) for name in names)
  save(first, 1.0)
  shutil.copytree(first, copy)
  save(other, 2.0)
  digests = [measured_start.digest(f'{x}/ckpt-1') for x in (first, copy, other)]
  assert digests[0] == digests[1] != digests[2]
  assert measured_start.digest('') == ''
  assert measured_start.digest('/gone/r50') == '/gone/r50'


@pytest.mark.parametrize(
  ('begun', 'message'),
  [
    ('/runs/shapes/none/1/0', ''),
    ('shapes/none/1/0/', ''),
    ('/runs/shapes/none/1/1', 'started from /runs/shapes/none/1/1 and not'),
    ('/runs/myshapes/none/1/0', 'not from shapes/none/1/0'),
    ('', 'started from random weights and not from shapes/none/1/0'),
  ],
)
def test_a_run_starts_from_the_run_that_its_row_names(begun, message):
  cell = Cell(tables.TABLES['shapes_voc'].row('none'), 1.0, 0)
  start = tables.start_of(cell).path
  task = types.SimpleNamespace(init_checkpoint=begun)
  found = measured_start.fault(task, start)
  assert message in found and bool(message) == bool(found)
  assert not measured_start.fault(task, '')


def test_rows_that_bind_a_checkpoint_say_so():
  row = tables.TABLES['figure4'].row('imagenet_lsj_36_none')
  bare = tables.TABLES['figure4'].row('lsj_36_none')
  assert measured_start.named(row) != measured_start.named(bare)
  other = dataclasses.replace(bare, bindings=('TrainData.seed = 1',))
  assert measured_start.named(other) == measured_start.named(bare)
