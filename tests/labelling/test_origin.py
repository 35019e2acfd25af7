"""The parts that labels are made with are told apart one by one."""

import functools

import pytest
import tensorflow as tf
import tiny_teacher

from copypaste_tf.labelling import origin
from copypaste_tf.training.config import gin_config
from tfrecord_tools import manifest as converter_manifest


@functools.cache
def params(*lines):
  return gin_config.load(['smoke'], list(lines)).params


def checkpoint(folder, name, value):
  saved = tf.train.Checkpoint(weight=tf.Variable(value))
  return saved.write(str(folder / name))


def test_the_digest_of_a_checkpoint_is_that_of_its_values(tmp_path):
  names = {'a': 1.0, 'b': 1.0, 'c': 2.0}
  one, same, other = (
    origin.of_checkpoint(checkpoint(tmp_path, *item)) for item in names.items()
  )
  assert one == same != other


def test_a_config_differs_by_its_model_not_by_its_training():
  base = origin.of_config(params())
  assert base == origin.of_config(params('schedule.train_steps = 7'))
  for line in ('model.score_threshold = 0.25', "EvalData.dtype = 'bfloat16'"):
    assert base != origin.of_config(params(line))


def test_an_input_is_known_by_its_manifest_or_its_bytes(tmp_path):
  paths = tiny_teacher.inputs(tmp_path, (2, 1))
  plain = origin.Inputs(paths)
  first = plain.identity(0)
  assert first != plain.identity(1) and len(plain) == 2
  assert plain.num_records(0) is None
  shards = [
    {
      'file': path.rpartition('/')[2],
      'size': tf.io.gfile.stat(path).length,
      'num_examples': count,
      'fingerprint': 'x',
    }
    for path, count in zip(paths, (2, 1), strict=True)
  ]
  converter_manifest.write(f'{tmp_path}/in-manifest.json', {'shards': shards})
  stated = origin.Inputs(paths)
  assert stated.num_records(0) == 2
  assert stated.identity(0) != first
  assert stated.identity(0)['size'] == first['size']
  tiny_teacher.write(paths[1], [tiny_teacher.image_record(77)])
  changed = origin.Inputs(paths)
  assert changed.identity(0) == stated.identity(0)
  assert changed.identity(1) != stated.identity(1)


@pytest.mark.parametrize('part', ['checkpoint', 'label_map', 'min_area'])
def test_a_difference_names_its_part_and_both_values(tmp_path, part):
  def describe(value):
    path = checkpoint(tmp_path, 'model', 1.0 if part != 'checkpoint' else value)
    names = {1: f'disc{value}' if part == 'label_map' else 'disc'}
    area = value if part == 'min_area' else 1
    return origin.describe(params(), path, names, {'min_area': area})

  one, other = describe(2.0), describe(3.0)
  assert origin.difference(one, one) is None
  text = origin.difference(one, other)
  assert text.startswith(f'{part} ') and ' instead of ' in text
  assert origin.difference({}, one).startswith('checkpoint null instead of')
