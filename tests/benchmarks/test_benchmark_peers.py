"""The benchmark of peers names systems that are not there."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def _run(*flags):
  command = [sys.executable, '-m', 'benchmarks.benchmark_peers', *flags]
  return subprocess.run(
    command, cwd=ROOT, check=False, capture_output=True, text=True
  )


def test_a_peer_that_is_not_installed_is_skipped_by_name(tmp_path):
  done = _run(f'--data={tmp_path}', '--systems=nothing')
  assert done.returncode == 0, done.stderr
  assert '- nothing: skipped, ModuleNotFoundError' in done.stdout


def test_times_need_our_pipeline_for_the_unit(tmp_path):
  done = _run(f'--data={tmp_path}', '--task=time', '--systems=mmdetection')
  assert done.returncode == 1
  assert '--systems must have ours' in done.stderr
