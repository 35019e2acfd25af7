"""Variables get defaults unless the user has set them; libraries are quiet."""

import os
import pathlib
import runpy
import subprocess
import sys
import warnings

import pytest

from copypaste_tf import environment

ROOT = pathlib.Path(__file__).parents[1]
COMPILES = """
import copypaste_tf.verbs
import tensorflow as tf
print(tf.function(lambda x: x + 1, jit_compile=True)(tf.ones([])).numpy())
"""


def settings(monkeypatch, accelerated=False, show_all=False, **given):
  """Runs the module with only these environment variables."""
  for name in ('TF_USE_LEGACY_KERAS', 'TF_CPP_MIN_LOG_LEVEL'):
    monkeypatch.setenv(name, '')  # So that it is restored.
    os.environ.pop(name)
  os.environ.update(given)
  monkeypatch.setattr(pathlib.Path, 'exists', lambda path: accelerated)
  names = runpy.run_path(environment.__file__)
  if show_all:
    names['show_all']()
  return os.environ['TF_USE_LEGACY_KERAS'], os.environ['TF_CPP_MIN_LOG_LEVEL']


@pytest.mark.parametrize(('accelerated', 'level'), [(True, '2'), (False, '3')])
def test_errors_about_absent_accelerators_are_hidden(
  monkeypatch, accelerated, level
):
  assert settings(monkeypatch, accelerated) == ('1', level)


def test_variables_of_the_user_are_kept(monkeypatch):
  given = {'TF_USE_LEGACY_KERAS': '0', 'TF_CPP_MIN_LOG_LEVEL': '1'}
  assert settings(monkeypatch, **given) == ('0', '1')
  assert settings(monkeypatch, show_all=True, **given) == ('0', '1')


def test_all_messages_are_shown_on_request(monkeypatch):
  assert settings(monkeypatch, show_all=True) == ('1', '0')


def test_a_level_that_is_no_number_is_no_error(monkeypatch):
  with monkeypatch.context() as changed:
    changed.setenv('TF_CPP_MIN_LOG_LEVEL', '')
    environment.set_level_of_xla()
  environment.set_level_of_xla()


def test_warnings_for_developers_of_libraries_are_hidden():
  with warnings.catch_warnings(record=True) as shown:
    warnings.simplefilter('always')
    environment.quiet()
    for category in (FutureWarning, DeprecationWarning, RuntimeWarning):
      warnings.warn('text', category, stacklevel=1)
  assert [w.category for w in shown] == [RuntimeWarning]


@pytest.mark.slow
def test_xla_compiles_without_a_message():
  variables = dict(os.environ)
  del variables['TF_CPP_MIN_LOG_LEVEL']
  done = subprocess.run(
    [sys.executable, '-c', COMPILES],
    cwd=ROOT,
    env=variables,
    capture_output=True,
    text=True,
    check=False,
  )
  assert (done.stdout, done.stderr) == ('2.0\n', '')
