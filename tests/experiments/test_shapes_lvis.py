"""The commands of the LVIS run: each exists and takes each of its flags."""

import pytest
from loaded_module import load

from copypaste_tf.training.config import gin_config

METRICS = ('ap', 'ap_rare', 'ap_common', 'ap_frequent')


@pytest.fixture(scope='module')
def names():
  return load('experiments.shapes_lvis')[0]


@pytest.fixture
def commands(names):
  return names['steps']('out', ['TrainData.seed = 1'])


def test_each_command_parses(commands):
  for module, *arguments in commands.values():
    _, values = load(module)
    assert values(['verb', *arguments]) == ['verb']


def test_each_run_is_evaluated_and_the_second_stage_starts_from_the_first(
  names, commands
):
  trained = [c for c in commands.values() if c[0] == 'copypaste_tf.train']
  recipes = [c[1].removeprefix('--gin_file=') for c in trained]
  assert recipes == [*names['RUNS']]
  first = trained[0][2].removeprefix('--model_dir=')
  lines = [x.removeprefix('--gin_params=') for x in trained[2][4:]]
  params = gin_config.load([recipes[2]], lines).params
  assert params.task.init_checkpoint == first
  assert params.task.train_data.input_path == 'out/train-*.tfrecord'
  evaluated = [c for c in commands.values() if c[0] == 'copypaste_tf.evaluate']
  assert [c[1] for c in evaluated] == [c[2] for c in trained]


def test_the_table_has_a_row_for_each_run(names):
  values = {f'{x}_{m}': 0.125 for x in ('box', 'mask') for m in METRICS}
  lines = names['table']({'one stage': values, 'second': values}).splitlines()
  assert len(lines) == 3 and lines[0].count('APr') == 2
  assert lines[1].split()[2:] == ['12.5'] * 6
