import json

import pytest
from absl import flags

from copypaste_tf import config_flags, new_process
from copypaste_tf import tpu_check as door
from copypaste_tf.costs import hlo_module, lowering
from copypaste_tf.costs.tpu import compiler
from copypaste_tf.verbs import tpu_check

GIB = 2**30


@pytest.fixture
def tpu(monkeypatch):
  """Fakes the compiler, with 3 GiB per image, and the lowering."""
  lowered = []

  def lower(function, params, replicas, batch):
    assert function is lowering.lowered
    assert params.task.train_data.augment_on == 'device'
    lowered.append((replicas, batch))
    return b'%d' % batch

  def compile_for(topology, module, library, progress):
    del topology, library
    progress(61.0)
    need = 3 * GIB * int(module)
    device = {'devices': 8, 'kind': 'TPU v3', 'cores_per_device': 1}
    if need > 15.48 * GIB:
      size = f'{need / GIB:.2f}G'
      return device | {'error': f'the total memory required ({size}) exceeds'}
    memory_parts = ('argument', 'output', 'alias', 'code')
    return (
      device
      | {'seconds': 100.0, 'host_bytes': GIB, 'flops': 1e12}
      | {f'{part}_bytes': 0.0 for part in memory_parts}
      | {'temporary_bytes': need, 'peak_bytes': need, 'runs': 5, 'loops': []}
    )

  monkeypatch.setattr(new_process, 'call', lambda _, *args: lower(*args))
  monkeypatch.setattr(compiler, 'compile_for', compile_for)
  monkeypatch.setattr(
    compiler,
    'describe',
    lambda *args: {'devices': 8, 'kind': 'TPU v3', 'cores_per_device': 1},
  )
  monkeypatch.setattr(hlo_module, 'count', lambda module, opcode: 7)
  monkeypatch.setattr(
    hlo_module, 'dynamic_shapes', lambda module: ['where: [3]']
  )
  return lowered


def run(*arguments):
  """Runs the verb with a new set of flags."""
  values = flags.FlagValues()
  config_flags.define(values)
  door.define(values)
  recipe = ['--gin_file=smoke', '--gin_params=TrainData.augment_on="device"']
  values(['tpu_check', *recipe, *arguments])
  tpu_check.main(values)


def test_a_given_batch_is_compiled(tpu, capsys, tmp_path):
  run('--batch_per_core=2', f'--output={tmp_path}/summary.json')
  assert tpu == [(8, 2)]
  printed = capsys.readouterr().out
  for part in ('8 replicas of 2 images', '7 sums', '1m01s', '6.00 GiB'):
    assert part in printed
  assert 'dynamic    where: [3]' in printed
  summary = json.loads((tmp_path / 'summary.json').read_text())
  assert (summary['batch_per_core'], summary['peak_bytes']) == (2, 6 * GIB)


def test_the_largest_batch_is_searched_for(tpu, capsys):
  run('--batch_per_core=auto')
  assert 'largest    5 images a core' in capsys.readouterr().out
  assert len(tpu) == len(set(tpu))


def test_a_step_that_does_not_fit_fails(tpu, capsys):
  with pytest.raises(SystemExit) as status:
    run('--batch_per_core=6')
  assert status.value.code == 1
  assert '18.00 GiB of 15.48 GiB' in capsys.readouterr().out


@pytest.mark.parametrize('batch', ['0', '-1', 'many', '1.5'])
def test_a_batch_is_a_number_or_auto(tpu, batch):
  with pytest.raises(ValueError, match='--batch_per_core: expected'):
    run(f'--batch_per_core={batch}')


def test_errors_of_the_recipe_are_reported_before_lowering(tpu):
  with pytest.raises(ValueError, match='mask_crop_size'):
    run('--gin_params=TaskConfig.mask_crop_size=0')
  assert not tpu


def test_an_error_of_the_step_is_raised_in_the_parent():
  with pytest.raises(ValueError, match='at least one replica'):
    new_process.call('lowers the step', _fail)


def _fail():
  raise ValueError('expected at least one replica, got 0.')
