"""Environment variables get defaults unless the user has set them."""

import os
import pathlib
import runpy

import pytest


def settings(monkeypatch, accelerated=False, **given):
  """Runs the module with only these environment variables."""
  for name in ('TF_USE_LEGACY_KERAS', 'TF_CPP_MIN_LOG_LEVEL'):
    monkeypatch.setenv(name, '')  # So that it is restored.
    os.environ.pop(name)
  os.environ.update(given)
  monkeypatch.setattr(pathlib.Path, 'exists', lambda path: accelerated)
  runpy.run_module('copypaste_tf.environment')
  return os.environ['TF_USE_LEGACY_KERAS'], os.environ['TF_CPP_MIN_LOG_LEVEL']


@pytest.mark.parametrize(('accelerated', 'level'), [(True, '2'), (False, '3')])
def test_errors_about_absent_accelerators_are_hidden(
  monkeypatch, accelerated, level
):
  assert settings(monkeypatch, accelerated) == ('1', level)


def test_variables_of_the_user_are_kept(monkeypatch):
  given = {'TF_USE_LEGACY_KERAS': '0', 'TF_CPP_MIN_LOG_LEVEL': '0'}
  assert settings(monkeypatch, **given) == ('0', '0')
