"""The verb as a user types it, on a CPU."""

import json

import pytest
from absl import flags

from copypaste_tf import benchmark_step as door
from copypaste_tf.training.config import gin_config
from copypaste_tf.verbs import benchmark_step

SMALL = ['IMAGE_SIZE = (64, 64)', 'TRAIN_RECORDS = ""', 'EVAL_RECORDS = ""']


def options(*arguments):
  values = flags.FlagValues()
  door.define(values)
  values(['benchmark_step', *arguments])
  return values


def measured(*arguments):
  return benchmark_step.benchmark(
    gin_config.load(['smoke'], SMALL), options('--batch=2', *arguments)
  )


@pytest.mark.slow
@pytest.mark.thorough
def test_a_step_is_measured_with_and_without_copy_paste(tmp_path, capsys):
  path = tmp_path / 'new' / 'step.json'
  measured('--counts=false', '--rounds=1', '--objects=3', f'--json={path}')
  numbers = json.loads(path.read_text())
  milliseconds = numbers['times']['plain']['milliseconds']
  assert [*milliseconds] == [
    'augmentation',
    'augmentation without Copy-Paste',
    'labels',
    'forward',
    'backward',
    'optimizer',
    'step',
    'step without Copy-Paste',
  ]
  assert min(milliseconds['step'], milliseconds['augmentation']) > 0
  assert numbers['inputs'] == 'random scenes, 3 objects an image'
  assert numbers['batch'] == 2 and numbers['output_size'] == [64, 64]
  assert numbers['form'] == {'times': 'blocks', 'counts': 'dense'}
  assert numbers['flops_per_image'] > 1e6
  assert 'share_of_peak' not in numbers['times']['plain']
  assert numbers['memory']['host_memory_gib'] > 0
  assert numbers['versions']['packages']['tensorflow']
  printed = capsys.readouterr().out
  assert 'no accelerator: the times are those of this CPU' in printed


@pytest.mark.slow
@pytest.mark.thorough
def test_a_detection_step_is_timed_and_counted():
  numbers = measured('--mode=eval', '--rounds=1', '--xla=off')
  assert [*numbers['times']['plain']['milliseconds']] == ['detection step']
  assert numbers['counts']['detection step']['runs'] > 100
  assert numbers['inputs'] == 'random pixels'


def test_mistakes_are_one_line(tmp_path):
  (tmp_path / 'file').write_text('')
  for arguments, message in (
    (['--batch=1'], '--batch: Copy-Paste needs 2 images, got 1'),
    ([f'--json={tmp_path}/file/x.json'], '--json'),
  ):
    with pytest.raises((ValueError, OSError), match=message) as error:
      measured(*arguments)
    assert '\n' not in str(error.value)


def test_an_invalid_config_is_refused():
  resolved = gin_config.load(['smoke'], ['TrainData.num_planes = 0'])
  with pytest.raises(ValueError, match='num_planes'):
    benchmark_step.benchmark(resolved, options())


def test_flags_out_of_their_range_are_refused():
  for bad in ('--form=x', '--mode=test', '--batch=0', '--objects=-1'):
    with pytest.raises(flags.IllegalFlagValueError):
      options(bad)


def test_every_flag_is_documented():
  for flag in options().flags_by_module_dict().values():
    assert all(len(item.help) > 20 for item in flag)
