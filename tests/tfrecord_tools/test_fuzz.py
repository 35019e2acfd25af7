"""Damaged annotation files are read, counted or refused in one line."""

import json
import random
import time

import json_mutations
import pytest
from coco_folder import CocoFolder
from conversions import assert_adds_up

from tfrecord_tools import dataset_conversion

SECONDS = 20


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  folder = CocoFolder(tmp_path_factory.mktemp('fuzz') / 'data')
  for number in (1, 2, 3):
    folder.add(number)
  return folder


def convert(folder, content):
  """Converts a file; returns the manifest, or the message of the refusal."""
  path = folder.path / 'instances.json'
  path.write_bytes(content)
  options = dataset_conversion.Options(
    image_dir=str(folder.path / 'images'),
    annotations=str(path),
    output_prefix=str(folder.path / 'out' / 'x'),
    num_shards=1,
    num_workers=1,
    overwrite=True,
  )
  start = time.monotonic()
  try:
    manifest = dataset_conversion.convert(options)
  except (ValueError, FileNotFoundError) as error:
    return str(error)
  finally:
    assert time.monotonic() - start < SECONDS
  assert_adds_up(manifest)
  return manifest


def encoded(data):
  return json.dumps(data).encode()


def check_meaningless_change(folder, seed):
  rng = random.Random(seed)
  data = json_mutations.base(folder.images)
  for _ in range(rng.randint(1, 4)):
    json_mutations.change_meaninglessly(data, rng)
  manifest = convert(folder, encoded(data))
  assert isinstance(manifest, dict), (seed, manifest)
  assert manifest['counts']['annotations']['written'] == 9, (seed, manifest)


def check_any_change(folder, seed):
  rng = random.Random(seed)
  data = json_mutations.base(folder.images)
  for _ in range(rng.randint(1, 3)):
    json_mutations.change(data, rng)
  content = encoded(data)
  if rng.random() < 0.3:
    content = json_mutations.damage(content, rng)
  result = convert(folder, content)
  if isinstance(result, str):
    assert 'instances.json: ' in result and '\n' not in result, (seed, result)


@pytest.mark.parametrize('seeds', [range(20)])
def test_a_change_without_meaning_loses_no_label(folder, seeds):
  for seed in seeds:
    check_meaningless_change(folder, seed)


@pytest.mark.parametrize('seeds', [range(40)])
def test_any_change_is_counted_or_refused_in_a_line(folder, seeds):
  for seed in seeds:
    check_any_change(folder, seed)


@pytest.mark.thorough
def test_five_hundred_changes_without_meaning_lose_no_label(folder):
  for seed in range(1000, 1500):
    check_meaningless_change(folder, seed)


@pytest.mark.thorough
def test_a_thousand_changes_are_counted_or_refused_in_a_line(folder):
  for seed in range(2000, 3000):
    check_any_change(folder, seed)
