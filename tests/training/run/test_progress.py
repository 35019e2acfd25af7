"""Reports of a run: lines, history, results."""

import json
import types

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.tasks.detection.task import DetectionTask
from copypaste_tf.training.run import history, progress

LOSSES = {'total_loss': 2.5, 'mask_loss': 0.25, 'learning_rate': 0.125}
SHOWN = DetectionTask.short_loss_names
REPORTED = {
  'losses': SHOWN,
  'metrics': ('box_ap', 'mask_ap'),
  'headline': 'box_ap',
}


def test_a_line_shows_losses_rate_and_remaining_time():
  values = {**LOSSES, 'images_per_second': 12.34}
  line = 'step 5/20  loss 2.500 mask 0.250  12.3 images/s'
  assert progress.progress_line(5, 20, values, SHOWN, None) == line
  assert (
    progress.progress_line(5, 20, values, SHOWN, 61) == f'{line}  1m01s left'
  )


def test_a_line_shows_unusual_values_and_stays_short():
  losses = dict.fromkeys(SHOWN, 1.25)
  values = {**losses, 'images_per_second': 118.4, 'gradient_norm': 3.0}
  quiet = progress.progress_line(27_000, 270_000, values, SHOWN, 79_200)
  assert quiet.endswith('mask 1.250  118 images/s  22h00m left')
  values['input_wait'] = 0.09
  assert progress.progress_line(27_000, 270_000, values, SHOWN, 79_200) == quiet
  values['input_wait'] = 0.346
  line = progress.progress_line(27_000, 270_000, values, SHOWN, 79_200)
  assert line == quiet.replace('images/s', 'images/s  input 35%')
  assert len(line) <= 110
  values['gradient_norm'] = float('inf')
  assert 'gradient inf' in progress.progress_line(5, 20, values, SHOWN, None)


@pytest.fixture
def clock(monkeypatch):
  """A clock that the test sets."""
  fixed = types.SimpleNamespace(now=100.0)
  fixed.monotonic = lambda: fixed.now
  monkeypatch.setattr(progress, 'time', fixed)
  monkeypatch.setattr(history, 'time', fixed)
  return fixed


@pytest.fixture
def run(tmp_path, clock):
  """The progress of a run of 20 steps that goes on at step 4, and its lines."""
  lines = []
  report = progress.Progress(
    str(tmp_path),
    tf.Variable(4, dtype=tf.int64),
    total_steps=20,
    batch_size=8,
    **REPORTED,
    write=lines.append,
  )
  return report, lines


def advance(report, clock, step, seconds):
  report._step.assign(step)
  clock.now += seconds
  output = {name: tf.constant(value) for name, value in LOSSES.items()}
  report(output)
  return output['images_per_second']


def test_rates_count_the_steps_of_a_loop(run, clock):
  report, lines = run
  assert advance(report, clock, 6, 10.0) == 8 * 2 / 10
  assert advance(report, clock, 10, 2.0) == 8 * 4 / 2
  assert 'left' not in lines[0]  # Its time includes the tracing.
  assert lines[1].endswith('16.0 images/s  5s left')


def test_an_evaluation_does_not_slow_the_rate(run, clock):
  report, lines = run
  advance(report, clock, 6, 1.0)
  clock.now += 1000
  report.evaluated({'box_ap': 0.5, 'mask_ap': 0.25, 'box_ap50': 0.75})
  assert lines[-1] == 'step 6/20  evaluated: box_ap 0.500, mask_ap 0.250'
  assert advance(report, clock, 8, 1.0) == 16


def test_a_loop_reports_its_measurements(run, clock):
  report, _ = run
  report._replicas = 4
  report._step.assign(6)
  clock.now += 10
  output = {'total_loss': tf.constant(1.0), 'input_seconds': 2.0}
  report(output)
  # TensorBoard gets the same.
  assert output.keys() - {'device_memory_gib'} == {
    'total_loss',
    'images_per_second',
    'images_per_second_per_replica',
    'seconds_per_step',
    'input_wait',
    'host_memory_gib',
  }
  assert output['seconds_per_step'] == 5
  assert output['input_wait'] == 0.4
  assert output['images_per_second_per_replica'] == 8 / 5 / 4
  assert 0.05 < output['host_memory_gib'] < 100


def test_history_and_results_are_written(run, clock, tmp_path):
  report, _ = run
  advance(report, clock, 6, 1.0)
  report.evaluated({'box_ap': np.float32(0.5), 'mask_ap': np.float32(0.25)})
  results = report.finish()
  rows = (tmp_path / 'history.jsonl').read_text().splitlines()
  first, second = map(json.loads, rows)
  assert first.items() >= {'step': 6, 'seconds': 1.0, **LOSSES}.items()
  assert first['images_per_second'] == 16.0
  assert second == {'step': 6, 'seconds': 1.0, 'box_ap': 0.5, 'mask_ap': 0.25}
  assert report.evaluated_steps == {6}
  assert results['eval'] == {'box_ap': 0.5, 'mask_ap': 0.25}
  assert (results['step'], results['seconds']) == (6, 1.0)
  assert results['train'].keys() == first.keys() - {'step', 'seconds'}
  assert results['packages']['tensorflow'] and results['best'] is None
  assert json.loads((tmp_path / 'results.json').read_text()) == results


def again(tmp_path, step, **options):
  """The progress of a later session."""
  return progress.Progress(
    str(tmp_path),
    tf.Variable(step, dtype=tf.int64),
    total_steps=20,
    batch_size=8,
    **REPORTED,
    write=lambda line: None,
    **options,
  )


def test_a_later_session_adds_to_the_results(run, clock, tmp_path):
  report, _ = run
  advance(report, clock, 6, 1.0)
  report.evaluated({'box_ap': 0.5})
  clock.now += 500  # Killed, then started again to write the results.
  results = again(tmp_path, 6).finish()
  assert (results['seconds'], results['session_seconds']) == (1.0, 0.0)
  assert results['images_per_second'] == 16.0
  assert results['train']['total_loss'] == 2.5
  assert results['eval'] == {'box_ap': 0.5}


def test_the_rate_counts_from_the_restored_step(run, clock):
  report, _ = run
  report._step.assign(100)
  clock.now += 50
  report.restart_rate()
  assert advance(report, clock, 102, 4.0) == 4


def test_the_best_evaluation_is_told_and_kept(run, clock, tmp_path):
  report, lines = run
  seen = []
  report._best = lambda step, values: (
    seen.append(step) or values['box_ap'] > 0.5
  )
  report.evaluated({'box_ap': 0.75})
  report.evaluated({'box_ap': 0.25})
  assert lines[0].endswith('box_ap 0.750, the best so far')
  assert lines[1].endswith('box_ap 0.250')
  assert seen == [4, 4]


def test_an_evaluator_has_files_of_its_own(tmp_path, clock):
  again(tmp_path, 6).finish()
  other = again(tmp_path, 6, files=progress.EVAL_FILES)
  other.evaluated({'box_ap': 0.5})
  assert other.finish()['eval'] == {'box_ap': 0.5}
  assert json.loads((tmp_path / 'results.json').read_text())['eval'] == {}
  assert not (tmp_path / 'history.jsonl').exists()
