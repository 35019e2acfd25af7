"""A run keeps the class weights and repeats that its records decide."""

import json

import conversions
import pytest
from coco_folder import CocoFolder, label

from copypaste_tf.inputs import data_config
from copypaste_tf.training.run import sampling


@pytest.fixture
def path(tmp_path):
  """Four images; one of them has the only object of class 2."""
  folder = CocoFolder(tmp_path / 'data')
  folder.categories = [{'id': 1, 'name': 'cat'}, {'id': 2, 'name': 'emu'}]
  for number in range(1, 5):
    folder.add(number, label(number, number, category_id=1))
  folder.annotations.append(label(9, 4, category_id=2))
  conversions.convert(folder)
  return f'{folder.path}/out/data-0*'


def test_weights_and_epochs_are_written_and_told(path, tmp_path):
  data = data_config.TrainData(
    input_path=path,
    repeat_threshold=1.0,
    copy_paste=data_config.CopyPaste(class_weight_power=1.0),
  )
  repeats, weights = sampling.write(str(tmp_path), data)
  assert repeats.startswith(f'repeats: {path}: repeat threshold 1')
  assert 'about 5 records instead of 4' in repeats
  assert 'emu (1 images, x2), cat (4 images, x1)' in repeats
  assert 'class weights (1 / n)^1 from 0.25 to 1' in weights
  kept = json.loads((tmp_path / 'sampling.json').read_text())
  assert kept == {'repeats': [repeats], 'class_weights': [1.0, 0.25, 1.0]}


def test_a_run_without_either_writes_nothing(path, tmp_path):
  for copy_paste in (None, data_config.CopyPaste()):
    data = data_config.TrainData(input_path=path, copy_paste=copy_paste)
    assert sampling.write(str(tmp_path), data) == []
  assert not (tmp_path / 'sampling.json').exists()
