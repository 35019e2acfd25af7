import json

import pytest

from copypaste_tf.inputs import data_config
from copypaste_tf.training.run import class_names

NAMES = {1: 'Zellkörper', 20: '细胞'}


def records(folder, label_map):
  """Writes a shard and its manifest; returns the config that reads it."""
  shard = folder / 'train-00000-of-00001.tfrecord'
  shard.touch()
  if label_map is not None:
    manifest = {'label_map': {str(k): name for k, name in label_map.items()}}
    (folder / 'train-manifest.json').write_text(json.dumps(manifest))
  return data_config.TrainData(input_path=str(shard))


@pytest.fixture
def model_dir(tmp_path):
  folder = tmp_path / 'model'
  folder.mkdir()
  return folder


def test_a_run_keeps_the_names_of_its_records(tmp_path, model_dir):
  class_names.write(str(model_dir), records(tmp_path, NAMES))
  assert class_names.read(str(model_dir)) == NAMES
  text = (model_dir / class_names.LABEL_MAP).read_text(encoding='utf-8')
  assert 'Zellkörper' in text and '细胞' in text


def test_records_without_a_manifest_leave_the_names_of_the_run(
  tmp_path, model_dir
):
  class_names.write(str(model_dir), records(tmp_path, None))
  assert class_names.read(str(model_dir)) == {}
  (model_dir / class_names.LABEL_MAP).write_text('{"3": "cat"}')
  class_names.write(str(model_dir), records(tmp_path, None))
  assert class_names.read(str(model_dir)) == {3: 'cat'}


@pytest.mark.parametrize('path', ['', 'gone-*.tfrecord'])
def test_records_that_do_not_exist_have_no_names(path, model_dir):
  class_names.write(str(model_dir), data_config.TrainData(input_path=path))
  assert list(model_dir.iterdir()) == []


def test_a_damaged_file_is_named(model_dir):
  (model_dir / class_names.LABEL_MAP).write_text('{"1": ')
  with pytest.raises(ValueError, match='label_map.json'):
    class_names.read(str(model_dir))
