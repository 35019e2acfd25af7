"""What all tests share: quiet TensorFlow and the real data, if it is here."""

import os
import pathlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import pytest


@pytest.fixture(scope='session')
def real_data() -> pathlib.Path:
  """The folder of real images; skips where there is none."""
  folder = os.environ.get('COPYPASTE_TF_DATA', '')
  if not folder or not pathlib.Path(folder).is_dir():
    pytest.skip(f'COPYPASTE_TF_DATA is {folder!r}, not a folder of real data')
  return pathlib.Path(folder).resolve()


@pytest.fixture(scope='session')
def coco_sample(real_data) -> pathlib.Path:
  folder = real_data / 'coco_sample'
  if not folder.is_dir():
    pytest.skip(f'{folder} is missing')
  return folder
