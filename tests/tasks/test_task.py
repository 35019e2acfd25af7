"""A task from outside of the package trains, resumes and evaluates."""

import json
import shutil
import types

import numpy as np
import pytest
import tiny_run
from line_task import Distance, LineTask

from copypaste_tf import checkpoint_flags
from copypaste_tf.config.config_types import ConfigError, Range
from copypaste_tf.reporting import summary
from copypaste_tf.serving import inference
from copypaste_tf.tasks import registry
from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import runner

STEPS = 6


@pytest.fixture
def resolved(shapes):
  registry.register(LineTask)
  lines = [
    "experiment.task = 'line'",
    *('experiment.log_every = 1', 'experiment.checkpoint_every = 2'),
    f'experiment.evaluate_every = {STEPS}',
    *(f'schedule.train_steps = {STEPS}', 'schedule.warmup_steps = 1'),
    'schedule.drops = [0.9]',
    *('LineConfig.slope = 3.0', 'LineConfig.panels_every = 0'),
    *('TrainData.global_batch_size = 4', 'EvalData.global_batch_size = 2'),
    f'TrainData.input_path = "{shapes}/train-*.tfrecord"',
    f'EvalData.input_path = "{shapes}/val-*.tfrecord"',
    "runtime.strategy = 'one_device'",
  ]
  yield gin_config.load([], lines)
  registry.unregister('line')


def test_a_registered_task_trains_resumes_and_evaluates(
  resolved, tmp_path, capsys
):
  findings = config_checks.examine(resolved.params)
  assert findings.problems == []
  assert 'the line goes through 0' in findings.notes
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  results = runner.run(resolved, str(whole), 'train_and_eval')
  out = capsys.readouterr().out
  assert f'step {STEPS}/{STEPS}  sq ' in out
  assert 'evaluated: closeness -' in out and 'the best so far' in out
  assert results['best']['metric'] == 'closeness'
  assert results['train'].keys() >= {'square', 'absolute', 'mean_x'}
  closeness = results['eval']['closeness']
  errors = json.loads((whole / Distance.output_file).read_text())
  assert closeness == -np.mean(errors) and len(errors) == 4
  assert json.loads((whole / 'slopes.json').read_text()) == [3.0]

  shutil.copytree(whole, parts)
  for path in parts.glob(f'ckpt-{STEPS}*'):
    path.unlink()
  (parts / 'history.jsonl').unlink()
  last_good.write_list(str(parts), ['ckpt-2', 'ckpt-4'])
  again = runner.run(resolved, str(parts), 'train_and_eval')
  rows = [json.loads(x) for x in (parts / 'history.jsonl').open()]
  assert [row['step'] for row in rows] == [5, 6, 6]
  assert again['eval'] == results['eval']
  for name, value in tiny_run.values(whole).items():
    np.testing.assert_array_equal(value, tiny_run.values(parts)[name])

  metrics = runner.evaluate(
    resolved.params, str(tmp_path), str(whole / f'ckpt-{STEPS}')
  )
  assert metrics['closeness'] == closeness


def test_a_task_without_detections_is_refused_where_they_are_needed(resolved):
  expected = r"task\.name: expected .* \(detection, segmentation\), got 'line'"
  with pytest.raises(ConfigError, match=expected):
    inference.Detector(resolved.params, 'none')
  message = r'--gin_params: task\.name: expected a task that predicts'
  with pytest.raises(ValueError, match=message):
    checkpoint_flags.check(resolved, data=False, product='')
  with pytest.raises(ConfigError, match="the task 'line' has none"):
    registry.build(resolved.params.task).published_model()


def test_a_task_defines_the_ranges_of_its_numbers(resolved, monkeypatch):
  ranges = {'task.slope': Range(0, 2)}
  monkeypatch.setattr(LineTask, 'ranges', ranges)
  (problem,) = config_checks.problems(resolved.params)
  assert problem == ('task.slope', 'expected a value in [0, 2], got 3.0')


def test_the_report_of_a_task_has_its_settings_and_losses(resolved):
  curve = types.SimpleNamespace(values=[0.5])
  run = types.SimpleNamespace(
    params=resolved.params,
    recipe='line',
    results={},
    steps=6,
    best=None,
    train=types.SimpleNamespace(curves={'square': curve}),
  )
  assert summary.metrics(run, {}, None)['square'] == 0.5
  chosen = summary.settings(run)
  assert 'Backbone' not in chosen and chosen['Image size'] == '1 × 1'
