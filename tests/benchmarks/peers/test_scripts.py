"""Source files of peers run as they are, and leave no modules behind."""

import sys
import types

import pytest

from benchmarks.peers import scripts


def test_a_file_finds_the_modules_that_it_imports(tmp_path):
  path = tmp_path / 'parser.py'
  path.write_text('from dataloader import anchor\nANCHOR = anchor\n')
  module = scripts.load(path, {'dataloader': types.SimpleNamespace(anchor=3)})
  assert module.ANCHOR == 3
  assert 'dataloader' not in sys.modules


def test_a_file_that_is_missing_is_named(tmp_path):
  with pytest.raises(FileNotFoundError, match='has no file parser.py'):
    scripts.load(tmp_path / 'parser.py')


def test_a_file_that_fails_leaves_no_modules_behind(tmp_path):
  path = tmp_path / 'parser.py'
  path.write_text('import absent_part\n')
  with pytest.raises(ModuleNotFoundError):
    scripts.load(path, {'dataloader': types.SimpleNamespace()})
  assert 'dataloader' not in sys.modules
