"""Only the steps of the window are profiled."""

import orbit
import pytest
import tensorflow as tf

from copypaste_tf.training.run.profiler import Profiler, Window, window


def test_the_text_is_start_and_count():
  assert window('100:5') == Window(100, 5)
  assert window('0:1').end == 1
  for text in ('5', '5:', ':5', '5:0', '-1:5', 'a:b', '1:2:3'):
    with pytest.raises(ValueError, match='expected START:COUNT, such as 100:5'):
      window(text)


class Counting(orbit.AbstractTrainer):
  """Counts steps and records the lengths of the loops."""

  def __init__(self):
    self.step = tf.Variable(0, dtype=tf.int64)
    self.loops = []

  def train(self, num_steps):
    self.loops.append(int(num_steps))
    self.step.assign_add(tf.cast(num_steps, tf.int64))
    return {}


@pytest.mark.parametrize(
  ('first', 'loops', 'profiled'),
  [
    (0, [5, 2, 1, 2, 3, 2], [False, False, True, True, False, False]),
    (8, [2, 3, 2], [True, False, False]),  # Resumes within the window.
    (12, [1, 2], [False, False]),
  ],
)
def test_loops_are_cut_where_the_window_begins_and_ends(
  tmp_path, monkeypatch, first, loops, profiled
):
  calls, lines = [], []
  fake = tf.profiler.experimental
  monkeypatch.setattr(fake, 'start', lambda folder: calls.append(folder))
  monkeypatch.setattr(fake, 'stop', lambda: calls.clear())
  trainer = Counting()
  trainer.step.assign(first)
  own = Profiler(Window(7, 3), str(tmp_path), lines.append)
  controller = own.controller(
    trainer=trainer, global_step=trainer.step, steps_per_loop=5
  )
  seen = []
  # Like the actions of a run, after those of the profiler.
  controller.train_actions += (lambda _: seen.append(bool(calls)),)
  train = trainer.train
  monkeypatch.setattr(
    trainer, 'train', lambda n: (seen.append(bool(calls)), train(n))[1]
  )
  controller.train(8)
  controller.train(13)
  controller.train(15)
  assert trainer.loops == loops
  assert seen[::2] == profiled
  assert len(lines) == (first < 12)


def test_a_trace_is_written(tmp_path):
  lines, trainer = [], Counting()
  own = Profiler(Window(1, 2), str(tmp_path), lines.append)
  own.controller(
    trainer=trainer, global_step=trainer.step, steps_per_loop=5
  ).train(6)
  assert trainer.loops == [1, 2, 3]
  (trace,) = tmp_path.glob('plugins/profile/*/*.xplane.pb')
  assert trace.stat().st_size
  assert lines == [f'profiled steps 2 to 3: tensorboard --logdir={tmp_path}']
