"""One process at a time trains in a folder, and one evaluates."""

import os

import pytest

from copypaste_tf.file_lock import LockedError
from copypaste_tf.training.run import folder_lock
from copypaste_tf.training.run.folder_lock import held


def test_a_second_training_is_refused_until_the_first_ends(tmp_path):
  folder = str(tmp_path / 'new')
  with held(folder, 'train') as check:
    check()
    with pytest.raises(LockedError) as caught, held(folder, 'train_and_eval'):
      pass
    assert f'process {os.getpid()} on ' in str(caught.value)
    assert '--model_dir' in str(caught.value)
  with held(folder, 'train_and_eval'):
    pass
  assert not os.listdir(folder)


def test_an_evaluator_may_work_beside_a_trainer(tmp_path):
  with held(str(tmp_path), 'train'), held(str(tmp_path), 'continuous_eval'):
    for mode in ('eval', 'train_and_eval'):
      with pytest.raises(LockedError), held(str(tmp_path), mode):
        pass


def test_a_refused_mode_leaves_no_lock_of_its_own(tmp_path):
  with held(str(tmp_path), 'eval'):
    evaluates = pytest.raises(LockedError, match='evaluates in this folder')
    with evaluates, held(str(tmp_path), 'train_and_eval'):
      pass
    with held(str(tmp_path), 'train'):
      pass


def test_a_folder_that_is_a_file_is_one_line(tmp_path):
  (tmp_path / 'file').write_text('')
  for name in ('file', 'file/model'):
    folder = str(tmp_path / name)
    refused = pytest.raises(ValueError, match='--model_dir: cannot write')
    with refused as caught, held(folder, 'train'):
      pass
    assert '\n' not in str(caught.value) and folder in str(caught.value)


def test_a_removed_folder_is_no_error_of_the_lock(tmp_path):
  folder = tmp_path / 'model'
  with held(str(folder), 'train') as check:
    (folder / folder_lock.TRAIN).unlink()
    folder.rmdir()
    check()
