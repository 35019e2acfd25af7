"""Damaged records are named; the reader decodes what has no fault."""

import random

import pytest
import record_mutations
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.inputs import decode
from tfrecord_tools import validation

LIMITS = {'source_size': (32, 48), 'max_instances': 300, 'num_planes': 3}


@pytest.fixture(scope='module')
def sound():
  return [
    records.serialize(serialized.make_record(seed, crowds=seed % 2)[0])
    for seed in range(4)
  ]


@pytest.fixture(scope='module')
def decoder():
  @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
  def scene(record):
    return decode.decode_scene(record, **LIMITS)

  return scene


def check(path, sound, decoder, seeds):
  """Checks changed records, one for each seed."""
  changed = []
  for seed in seeds:
    rng = random.Random(seed)
    changed.append(record_mutations.change(rng.choice(sound), rng))
  serialized.write(path, changed)
  found = [faults for done, faults in validation.validate([str(path)]) if done]
  assert len(found) == len(changed)
  for seed, record, faults in zip(seeds, changed, found, strict=True):
    for fault in faults:
      assert f'{path}: record ' in str(fault) and '\n' not in str(fault), seed
    try:
      records.parse(record)
      decoder(tf.constant(record))
    except (ValueError, tf.errors.InvalidArgumentError) as error:
      assert faults, (seed, str(error)[:300])


def test_sound_records_are_decoded(tmp_path, sound, decoder):
  path = tmp_path / 'a.tfrecord'
  serialized.write(path, sound)
  assert not any(faults for _, faults in validation.validate([str(path)]))
  for record in sound:
    assert decoder(tf.constant(record)).image.shape == (32, 48, 3)


def test_fifty_damaged_records_are_named(tmp_path, sound, decoder):
  check(tmp_path / 'a.tfrecord', sound, decoder, range(50))


@pytest.mark.thorough
def test_a_thousand_damaged_records_are_named(tmp_path, sound, decoder):
  check(tmp_path / 'a.tfrecord', sound, decoder, range(1000, 2000))
