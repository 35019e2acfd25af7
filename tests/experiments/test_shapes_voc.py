"""The commands of the transfer to Pascal VOC's form: each takes its flags."""

import pytest
from loaded_module import load

from copypaste_tf.training.config import gin_config


@pytest.fixture(scope='module')
def names():
  return load('experiments.shapes_voc')[0]


@pytest.fixture
def commands(names):
  return names['steps']('out', 7, ['TrainData.seed = 1'])


def params(command):
  lines = [x.removeprefix('--gin_params=') for x in command[4:]]
  return gin_config.load([command[1].removeprefix('--gin_file=')], lines).params


def test_each_command_parses(commands):
  for module, *arguments in commands.values():
    _, values = load(module)
    assert values(['verb', *arguments]) == ['verb']


def test_each_arm_starts_from_its_own_pre_training_and_pastes_nothing(commands):
  trained = [c for c in commands.values() if c[0] == 'copypaste_tf.train']
  first, voc, first_pasted, voc_pasted = map(params, trained)
  assert first.task.train_data.copy_paste is None
  assert first_pasted.task.train_data.copy_paste is not None
  assert first.trainer.train_steps == first_pasted.trainer.train_steps == 7
  folders = [c[2].removeprefix('--model_dir=') for c in trained]
  assert voc.task.init_checkpoint == folders[0]
  assert voc_pasted.task.init_checkpoint == folders[2]
  assert voc.task.train_data.copy_paste is None
  assert not voc.task.train_data.masks and not voc.task.model.include_mask
  assert voc.task.train_data.input_path == 'out/voc_train-*.tfrecord'
  # The arms differ in nothing else.
  voc_pasted.task.init_checkpoint = voc.task.init_checkpoint
  assert voc_pasted.as_dict() == voc.as_dict()
  evaluated = [c for c in commands.values() if c[0] == 'copypaste_tf.evaluate']
  assert [c[1] for c in evaluated] == [trained[1][2], trained[3][2]]


def test_the_table_has_both_rules_of_each_arm(names):
  values = {'voc07_ap50': 0.125, 'voc12_ap50': 0.25}
  lines = names['table'](dict.fromkeys(names['ARMS'], values)).splitlines()
  assert lines[0].split() == ['AP50', '11', 'points', 'area']
  assert [line.split()[-2:] for line in lines[1:]] == [['12.5', '25.0']] * 2
