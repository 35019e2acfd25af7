"""What a person sees of a run: lines, history, results, panels."""

import json

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.training import data_config, pipeline, progress

LOSSES = {'total_loss': 2.5, 'mask_loss': 0.25, 'learning_rate': 0.125}


@pytest.mark.parametrize(
  ('seconds', 'text'),
  [
    (-3, '0s'),
    (9.4, '9s'),
    (59.6, '1m00s'),
    (192, '3m12s'),
    (3599.7, '1h00m'),
    (7385, '2h03m'),
  ],
)
def test_durations(seconds, text):
  assert progress.duration(seconds) == text


def test_a_line_of_progress():
  values = {**LOSSES, 'images_per_second': 12.34}
  line = 'step 5/20  loss 2.500 mask 0.250  12.3 images/s'
  assert progress.progress_line(5, 20, values, None) == line
  assert progress.progress_line(5, 20, values, 61) == f'{line}  1m01s left'


class Clock:
  """A clock that the test sets."""

  now = 100.0

  def monotonic(self):
    return self.now


@pytest.fixture
def clock(monkeypatch):
  made = Clock()
  monkeypatch.setattr(progress, 'time', made)
  return made


@pytest.fixture
def run(tmp_path, clock):
  """The progress of a run of 20 steps that goes on at step 4, and its lines."""
  lines = []
  made = progress.Progress(
    str(tmp_path),
    tf.Variable(4, dtype=tf.int64),
    total_steps=20,
    batch_size=8,
    write=lines.append,
  )
  return made, lines


def advance(made, clock, step, seconds):
  made._step.assign(step)
  clock.now += seconds
  output = {name: tf.constant(value) for name, value in LOSSES.items()}
  made(output)
  return output['images_per_second']


def test_rates_count_the_steps_of_a_loop(run, clock):
  made, lines = run
  assert advance(made, clock, 6, 10.0) == 8 * 2 / 10
  assert advance(made, clock, 10, 2.0) == 8 * 4 / 2
  assert 'left' not in lines[0]  # It holds the tracing.
  assert lines[1].endswith('16.0 images/s  5s left')


def test_an_evaluation_does_not_slow_the_rate(run, clock):
  made, lines = run
  advance(made, clock, 6, 1.0)
  clock.now += 1000
  made.evaluated({'box_ap': 0.5, 'mask_ap': 0.25, 'box_ap50': 0.75})
  assert lines[-1] == 'step 6/20  evaluated: box_ap 0.500, mask_ap 0.250'
  assert advance(made, clock, 8, 1.0) == 16


def test_history_and_results(run, clock, tmp_path):
  made, _ = run
  advance(made, clock, 6, 1.0)
  made.evaluated({'mask_ap': np.float32(0.25)})
  results = made.finish()
  rows = (tmp_path / 'history.jsonl').read_text().splitlines()
  first, second = map(json.loads, rows)
  assert first == {'step': 6, 'images_per_second': 16.0, **LOSSES}
  assert second == {'step': 6, 'mask_ap': 0.25}
  assert results['eval'] == {'mask_ap': 0.25}
  assert (results['step'], results['seconds']) == (6, 1.0)
  assert results['train'].keys() == first.keys() - {'step'}
  assert json.loads((tmp_path / 'results.json').read_text()) == results


@pytest.fixture(scope='module')
def batch():
  scenes = reference.make_scenes(
    np.random.default_rng(0), batch=3, size=(40, 40)
  )
  options = augment.CopyPaste(subset='all', min_visible_area=1)
  jitter = augment.ScaleJitter(1.0, 1.0)
  return augment.augment(
    scenes, [0, 1], output_size=(48, 32), jitter=jitter, copy_paste=options
  )


def test_a_batch_is_drawn_in_two_columns(batch, monkeypatch):
  seen = []
  draw = progress.drawing.draw_instances

  def spy(image, boxes, masks, captions, colors):
    seen.append((boxes, masks, captions))
    return draw(image, boxes, masks, captions, colors)

  monkeypatch.setattr(progress.drawing, 'draw_instances', spy)
  sheet = progress.draw_batch(batch, {1: 'disc'})
  assert sheet.dtype == np.uint8 and sheet.shape[0] >= 2 * 48
  example = reference.to_numpy(batch)
  masks = augment.instance_masks(batch).numpy()
  for row, (boxes, drawn, captions) in enumerate(seen):
    present = np.flatnonzero(example.classes[row])
    np.testing.assert_array_equal(boxes, example.boxes[row][present])
    np.testing.assert_array_equal(drawn, masks[row][present])
    names = [
      '+' * int(example.pasted[row, k])
      + {1: 'disc'}.get(c := int(example.classes[row, k]), str(c))
      for k in present
    ]
    assert captions == names
  assert any(c.startswith('+') for _, _, captions in seen for c in captions)


def test_panels_come_at_once_and_then_every_so_many_steps(
  batch, monkeypatch, tmp_path
):
  monkeypatch.setattr(pipeline, 'train_dataset', lambda *_: [batch] * 9)
  monkeypatch.setattr(progress.data_files, 'label_map', lambda _: {})
  step = tf.Variable(3, dtype=tf.int64)
  panels = progress.Panels(
    str(tmp_path),
    data_config.TrainData(),
    (48, 32),
    every=10,
    global_step=step,
  )
  for number in (5, 12, 14, 22, 24):
    step.assign(number)
    panels({})
  (path,) = (tmp_path / 'train').iterdir()
  drawn = [
    event.step
    for event in tf.compat.v1.train.summary_iterator(str(path))
    for value in event.summary.value
    if value.tag == 'training_batch'
  ]
  assert drawn == [3, 14, 24]
