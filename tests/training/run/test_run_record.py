"""The record of a run is written, and compared before a run resumes."""

import json
import pathlib

import pytest
import tensorflow as tf
import yaml

from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import run_record, runner

# Of a smoke run of five steps, before there were tasks and record sets.
OLD = pathlib.Path(__file__).parents[2] / 'helpers' / 'old_params.yaml'
STEPS_OF_OLD = ['schedule.train_steps = 5', 'experiment.evaluate_every = 5']


def resolve(*params):
  return gin_config.load(['smoke'], params)


def test_the_record_has_config_and_versions(tmp_path):
  run_record.write(
    str(tmp_path), resolve('TrainData.seed = 3'), overwrite=False
  )
  params = yaml.safe_load((tmp_path / 'params.yaml').read_text())
  assert params['task']['train_data']['seed'] == 3
  assert 'TrainData.seed = 3' in (tmp_path / 'config.gin').read_text()
  versions = json.loads((tmp_path / 'versions.json').read_text())
  assert versions['packages']['tensorflow'].startswith('2.')
  assert versions['strategy'] == 'mirrored'
  assert versions['command'] and versions['python'] and versions['platform']
  assert any('CPU' in device for device in versions['devices'])


def test_the_record_has_the_hardware(tmp_path):
  hardware = {'replicas': 2, 'decisions': ['mirrored without GPUs']}
  run_record.write(str(tmp_path), resolve(), overwrite=False, hardware=hardware)
  versions = json.loads((tmp_path / 'versions.json').read_text())
  assert hardware.items() <= versions.items()
  assert versions['strategy'] == 'mirrored'


def test_workers_with_different_configs_are_refused():
  chief, other = resolve(), resolve('BATCH_SIZE = 6')
  placed = gin_config.load(
    ['smoke'], params_override='runtime.task_index=1,runtime.num_gpus=2'
  )
  texts = [run_record.to_yaml(x.params) for x in (chief, placed, other)]
  run_record.refuse_other_workers(texts[:2])
  with pytest.raises(ValueError, match='worker 2 .* another config') as caught:
    run_record.refuse_other_workers(texts)
  assert 'task.train_data.global_batch_size: 4 -> 6' in str(caught.value)


def test_the_recorded_gin_resolves_to_the_recorded_params(tmp_path):
  run_record.write(
    str(tmp_path), resolve('CopyPaste.classes = [3, 4]'), overwrite=False
  )
  again = gin_config.load([str(tmp_path / 'config.gin')])
  assert (
    run_record.to_yaml(again.params) == (tmp_path / 'params.yaml').read_text()
  )


def test_the_same_config_may_resume(tmp_path):
  run_record.write(str(tmp_path), resolve(), overwrite=False)
  run_record.write(str(tmp_path), resolve(), overwrite=False)


def save_checkpoint(folder, step=0):
  tf.train.Checkpoint(x=tf.Variable(0.0)).write(str(folder / f'ckpt-{step}'))
  last_good.write_list(str(folder), [f'ckpt-{step}'])


def test_another_config_is_refused_with_its_differences(tmp_path):
  run_record.write(str(tmp_path), resolve(), overwrite=False)
  save_checkpoint(tmp_path)
  other = resolve('TrainData.copy_paste = None', 'BATCH_SIZE = 6')
  before = (tmp_path / 'params.yaml').read_text()
  with pytest.raises(ValueError) as caught:
    run_record.write(str(tmp_path), other, overwrite=False)
  message = str(caught.value)
  assert 'task.train_data.global_batch_size: 4 -> 6' in message
  assert "task.train_data.copy_paste.subset: 'random' -> 'absent'" in message
  assert '--overwrite_record' in message and '--model_dir' in message
  assert (tmp_path / 'params.yaml').read_text() == before
  kept = run_record.write(str(tmp_path), other, overwrite=True)
  assert (tmp_path / 'params.yaml').read_text() != before
  assert kept == str(tmp_path / 'params-1.yaml')
  assert (tmp_path / 'params-1.yaml').read_text() == before


def test_a_record_without_a_checkpoint_is_replaced_and_kept(tmp_path):
  written = []
  for seed in (1, 2, 3):
    kept = run_record.write(
      str(tmp_path), resolve(f'TrainData.seed = {seed}'), overwrite=False
    )
    assert kept == (
      str(tmp_path / f'params-{seed - 1}.yaml') if seed > 1 else None
    )
    written.append((tmp_path / 'params.yaml').read_text())
  assert (tmp_path / 'params-1.yaml').read_text() == written[0]
  assert (tmp_path / 'params-2.yaml').read_text() == written[1]


@pytest.mark.parametrize('text', ['[1, 2', 'words', '- 1\n- 2\n'])
def test_a_damaged_record_is_one_line(tmp_path, text):
  (tmp_path / 'params.yaml').write_text(text)
  with pytest.raises(ValueError, match=r'params.yaml is no record') as caught:
    run_record.write(str(tmp_path), resolve(), overwrite=False)
  assert '\n' not in str(caught.value)


def test_intervals_and_panels_may_change(tmp_path):
  run_record.write(str(tmp_path), resolve(), overwrite=False)
  other = resolve('experiment.log_every = 1', 'TaskConfig.panels_every = 0')
  assert run_record.differences(str(tmp_path), other.params) == []


def test_the_data_service_may_change(tmp_path):
  run_record.write(str(tmp_path), resolve(), overwrite=False)
  other = resolve(
    'TrainData.data_service = "grpc://host:5050"',
    'TrainData.data_service_job = "mine"',
    'TrainData.deterministic = False',
  )
  assert run_record.differences(str(tmp_path), other.params) == []


def test_a_new_folder_has_no_differences(tmp_path):
  assert run_record.differences(str(tmp_path), resolve().params) == []


def test_a_record_without_sets_equals_the_default(tmp_path):
  run_record.write(str(tmp_path), resolve(), overwrite=False)
  path = tmp_path / run_record.PARAMS
  lines = path.read_text().splitlines(keepends=True)
  old = ''.join(line for line in lines if line.strip() != 'sets: []')
  assert len(old) < sum(map(len, lines))
  path.write_text(old)
  assert run_record.differences(str(tmp_path), resolve().params) == []


def test_lists_and_tuples_are_the_same(tmp_path):
  run_record.write(
    str(tmp_path), resolve('CopyPaste.classes = [1]'), overwrite=False
  )
  other = resolve('CopyPaste.classes = (1,)')
  assert run_record.differences(str(tmp_path), other.params) == []


def old_record(folder, shapes):
  """Writes the record of a smoke run of a version without tasks and sets."""
  text = OLD.read_text().replace('TRAIN_RECORDS', f'{shapes}/train-*.tfrecord')
  text = text.replace('EVAL_RECORDS', f'{shapes}/val-*.tfrecord')
  folder.mkdir(exist_ok=True)
  (folder / run_record.PARAMS).write_text(text)
  return str(folder / run_record.PARAMS)


def test_an_old_record_resumes_with_its_recipe(shapes, shapes_params, tmp_path):
  path = old_record(tmp_path / 'old', shapes)
  recipe = gin_config.load(['smoke'], [*shapes_params, *STEPS_OF_OLD])
  assert run_record.differences(str(tmp_path / 'old'), recipe.params) == []
  alone = gin_config.load(config_files=[path]).params
  assert alone.task.name == 'detection'
  assert run_record.differences(str(tmp_path / 'old'), alone) == []


@pytest.mark.thorough
@pytest.mark.slow
def test_an_old_run_resumes_and_is_evaluated(shapes, shapes_params, tmp_path):
  folder = tmp_path / 'old'
  recipe = gin_config.load(['smoke'], [*shapes_params, *STEPS_OF_OLD])
  runner.run(recipe, str(folder), 'train')
  for path in folder.glob('ckpt-5*'):
    path.unlink()
  last_good.write_list(str(folder), ['ckpt-2', 'ckpt-4'])
  record = old_record(folder, shapes)
  results = runner.run(recipe, str(folder), 'train')
  assert results['train'].keys() >= {'total_loss', 'mask_loss'}
  old_record(folder, shapes)
  params = gin_config.load(config_files=[record]).params
  checkpoint = str(folder / 'ckpt-5')
  metrics = runner.evaluate(params, str(folder), checkpoint)
  assert 0 <= metrics['mask_ap'] <= 1


def test_a_field_that_a_record_lacks_has_its_default(tmp_path):
  changed = resolve('TrainData.seed = 3', 'CopyPaste.box_tolerance = 1.0')
  record = yaml.safe_load(run_record.to_yaml(changed.params))
  del record['task']['train_data']['seed']
  del record['task']['train_data']['copy_paste']['box_tolerance']
  del record['task']['divergence']
  (tmp_path / run_record.PARAMS).write_text(yaml.safe_dump(record))
  differences = run_record.differences(str(tmp_path), changed.params)
  assert differences == [
    'task.train_data.copy_paste.box_tolerance: 10.0 -> 1.0',
    'task.train_data.seed: 0 -> 3',
  ]


def test_a_section_that_a_record_lacks_is_a_change(tmp_path):
  run_record.write(str(tmp_path), resolve(), overwrite=False)
  weighed = resolve('TaskConfig.class_balance = @ClassBalance()')
  changes = run_record.differences(str(tmp_path), weighed.params)
  assert any(x.startswith('task.class_balance.beta:') for x in changes)
