"""On Beam, a conversion gives the files of the local pool, also when killed."""

import errno
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from coco_folder import CocoFolder
from conversions import convert, cut, digests, many

pytest.importorskip('apache_beam', reason='needs the extra beam')

from copypaste_tf.records import tfds_metadata
from tfrecord_tools import images
from tfrecord_tools.faults import ConversionError

HERE = {'num_workers': None, 'beam_args': '--runner=FnApiRunner'}
PROCESSES = (
  '--runner=DirectRunner --direct_running_mode=multi_processing '
  '--direct_num_workers=2'
)
# The first worker dies in the middle of its shard.
DYING = """
import functools, sys
import conversions, shard_work
from coco_folder import CocoFolder
from tfrecord_tools import dataset_conversion, shard_pool

shard_pool._write = functools.partial(
  shard_work.die_once, work=shard_pool._write, marker=sys.argv[1]
)
dataset_conversion.convert(dataset_conversion.Options(**eval(sys.argv[2])))
"""


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def expected_of(folder, **flags):
  convert(folder, **flags)
  expected = digests(folder)
  for name in expected:
    (folder.path / 'out' / name).unlink()
  return expected


def test_beam_and_the_local_pool_write_the_same_files(folder):
  many(folder, 8)
  cut(folder.path / 'images/3.jpg')
  expected = expected_of(folder, num_shards=3)
  assert len(expected) == 4 + len(tfds_metadata.FILES)
  convert(folder, num_shards=3, **HERE)
  assert digests(folder) == expected


def test_a_rerun_on_beam_writes_missing_shards_only(folder):
  many(folder, 6)
  convert(folder, **HERE)
  expected = digests(folder)
  kept, removed = sorted((folder.path / 'out').glob('*.tfrecord'))
  removed.unlink()
  before = kept.stat().st_mtime_ns
  convert(folder, **HERE)
  assert digests(folder) == expected
  assert kept.stat().st_mtime_ns == before


def test_a_fault_stops_the_pipeline_with_its_own_message(folder):
  many(folder, 4)
  cut(folder.path / 'images/3.jpg')
  with pytest.raises(ConversionError, match='^image 3: corrupt_image: '):
    convert(folder, on_error='fail', **HERE)
  left = os.listdir(folder.path / 'out')
  assert not [n for n in left if n.startswith('.') or 'manifest' in n]


def test_a_file_system_that_fails_costs_its_own_shard_only(folder, monkeypatch):
  many(folder, 12)
  expected = expected_of(folder, num_shards=4)

  def fail(path):
    if path.endswith('/7.jpg'):
      raise OSError(errno.EIO, 'no answer', path)
    return read(path)

  read = images.read
  with (
    monkeypatch.context() as patch,
    pytest.raises(OSError, match='^FnApiRunner: .*no answer.* goes on'),
  ):
    patch.setattr(images, 'read', fail)
    convert(folder, num_shards=4, **HERE)
  left = os.listdir(folder.path / 'out')
  assert not [n for n in left if n.startswith('.') or 'manifest' in n]
  convert(folder, num_shards=4, **HERE)
  assert digests(folder) == expected


@pytest.mark.thorough
def test_a_worker_that_dies_costs_its_own_shard_only(folder, tmp_path):
  many(folder, 12)
  flags = {'num_shards': 4}
  expected = expected_of(folder, **flags)
  marker = tmp_path / 'died'
  options = folder.flags(**flags, num_workers=None, beam_args=PROCESSES)
  root = pathlib.Path(__file__).parents[2]
  paths = [str(root), str(root / 'tests/helpers')]
  log = tmp_path / 'log'
  with log.open('wb') as file:
    killed = subprocess.Popen(
      [sys.executable, '-c', DYING, str(marker), repr(options)],
      env=os.environ | {'PYTHONPATH': ':'.join(paths)},
      stderr=file,
      start_new_session=True,
    )
  try:
    deadline = time.monotonic() + 120
    while not marker.exists():
      assert killed.poll() is None, log.read_text()
      assert time.monotonic() < deadline, log.read_text()
      time.sleep(0.05)
  finally:  # Beam's own runner waits forever for a worker that has died.
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
  out = folder.path / 'out'
  assert list(out.glob('.data-*.tfrecord.*.tmp'))
  assert not (out / 'data-manifest.json').exists()
  convert(folder, **flags, **HERE)
  assert digests(folder) == expected
