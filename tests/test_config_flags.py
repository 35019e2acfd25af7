"""Shared flags set the right fields."""

import pytest
from absl import flags

from copypaste_tf import config_flags

STEPS = 'trainer.train_steps'


@pytest.fixture
def parse():
  """Parses arguments with a new set of flags."""

  def parsed(*arguments):
    values = flags.FlagValues()
    config_flags.define(values)
    values(['verb', *arguments])
    return values

  return parsed


def test_every_flag_is_documented(parse):
  values = parse()
  names = {'gin_file', 'gin_params', 'config_file', 'params_override'}
  names |= {'strategy', 'tpu', 'worker_hosts', 'task_index'}
  assert names <= set(values)
  assert all(len(values[name].help) > 20 for name in names)


def test_each_flag_overrides_the_one_before(parse, tmp_path):
  (tmp_path / 'x.gin').write_text('schedule.train_steps = 4')
  (tmp_path / 'x.yaml').write_text('trainer: {train_steps: 30}')
  arguments = [
    f'--gin_file={tmp_path}/x.gin',
    '--gin_params=schedule.train_steps = 20',
    f'--config_file={tmp_path}/x.yaml',
    '--params_override=trainer.train_steps=40',
  ]
  for count, steps in enumerate((4, 20, 30, 40), 1):
    resolved = config_flags.load(parse(*arguments[:count]))
    assert resolved.params.trainer.train_steps == steps
  assert resolved.origins[STEPS] == '--params_override'


def test_strategy_and_tpu_are_values_of_the_runtime(parse):
  resolved = config_flags.load(parse('--strategy=tpu', '--tpu=local'))
  runtime = resolved.params.runtime
  assert (runtime.distribution_strategy, runtime.tpu) == ('tpu', 'local')
  assert resolved.origins['runtime.tpu'] == '--tpu'


def test_the_workers_are_values_of_the_runtime(parse):
  resolved = config_flags.load(
    parse('--worker_hosts=a:1,b:1', '--task_index=0')
  )
  runtime = resolved.params.runtime
  assert (runtime.worker_hosts, runtime.task_index) == ('a:1,b:1', 0)
  assert resolved.origins['runtime.task_index'] == '--task_index'


def test_flags_override_a_run_record_and_own_values_override_flags(
  parse, tmp_path
):
  (tmp_path / 'params.yaml').write_text('trainer: {train_steps: 30}')
  record = [str(tmp_path / 'params.yaml')]
  resolved = config_flags.load(parse(), record=record)
  assert resolved.params.trainer.train_steps == 30
  (tmp_path / 'x.yaml').write_text('trainer: {train_steps: 35}')
  values = parse(f'--config_file={tmp_path}/x.yaml')
  resolved = config_flags.load(values, record=record)
  assert resolved.params.trainer.train_steps == 35
  values = parse('--params_override=trainer.train_steps=40')
  own = {STEPS: ('--steps', 50)}
  resolved = config_flags.load(values, record=record, values=own)
  assert resolved.params.trainer.train_steps == 50
  assert resolved.origins[STEPS] == '--steps'
