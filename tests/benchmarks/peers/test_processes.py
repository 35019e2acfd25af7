"""A process that dies costs one system, with its reason, and not the run."""

import sys

from benchmarks.peers import processes
from benchmarks.peers.worker import Setup


def test_a_process_that_dies_tells_why(tmp_path):
  python = tmp_path / 'python'
  python.write_text('#!/bin/sh\necho early\necho "no memory" >&2\nexit 3\n')
  python.chmod(0o755)
  result = processes.measure(Setup('ours', 'labels', ''), str(python))
  assert result == {'skipped': 'no memory'}


def test_a_system_that_does_not_exist_is_skipped():
  setup = Setup('nothing', 'labels', '')
  assert 'nothing' in processes.measure(setup, sys.executable)['skipped']
