"""Pictures of training batches."""

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.inputs import data_config, pipeline
from copypaste_tf.training.run import train_panels


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
  draw = train_panels.drawing.draw_instances

  def spy(image, boxes, masks, captions, colors, scale):
    assert scale == 8  # Of 48 x 32 pixels.
    seen.append((boxes, masks, captions))
    return draw(image, boxes, masks, captions, colors, scale=scale)

  monkeypatch.setattr(train_panels.drawing, 'draw_instances', spy)
  sheet = train_panels.draw_batch(batch, {1: 'disc'})
  assert sheet.dtype == np.uint8 and sheet.shape[0] >= 2 * 384
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


def test_an_image_of_several_sets_has_a_frame_with_its_sets_name(
  batch, monkeypatch
):
  seen = []

  def spy(image, boxes, masks, captions, colors, scale):
    assert len(boxes) == len(masks) == len(captions) == len(colors)
    seen.append((boxes[-1].tolist(), captions[-1], colors[-1]))
    return image

  monkeypatch.setattr(train_panels.drawing, 'draw_instances', spy)
  mixed = batch._replace(sets=tf.constant([[0, 1], [1, 0], [1, 1]]))
  train_panels.draw_batch(mixed, {}, ['gold', 'pseudo'])
  assert [box for box, _, _ in seen] == [[0, 0, 48, 32]] * 3
  assert [name for _, name, _ in seen] == ['gold', 'pseudo', 'pseudo']
  assert seen[0][2] != seen[1][2] == seen[2][2]


@pytest.fixture
def drawn(batch, monkeypatch, tmp_path):
  """Returns the steps of the panels of a run, and the config of its data."""
  configs = []

  def dataset(config, _):
    configs.append(config)
    return [batch] * 9

  monkeypatch.setattr(pipeline, 'train_dataset', dataset)
  monkeypatch.setattr(train_panels.data_files, 'label_map', lambda _: {})

  def run(first, steps, **intervals):
    step = tf.Variable(first, dtype=tf.int64)
    panels = train_panels.Panels(
      str(tmp_path),
      data_config.TrainData(seed=7),
      (48, 32),
      global_step=step,
      **intervals,
    )
    for number in steps:
      step.assign(number)
      panels({})
    (path,) = (tmp_path / 'train').iterdir()
    events = tf.compat.v1.train.summary_iterator(str(path))
    return [e.step for e in events for v in e.summary.value if v.tag], configs

  return run


def test_panels_come_at_the_start_and_at_each_interval(drawn):
  steps, _ = drawn(3, (5, 12, 14, 22, 24), every=10, train_steps=100)
  assert steps == [3, 14, 24]


@pytest.mark.parametrize(
  ('train_steps', 'steps'), [(12, [0, 4, 8, 12]), (2, [0, 1, 2]), (1, [0, 1])]
)
def test_a_short_run_has_panels_of_several_steps(drawn, train_steps, steps):
  every_step = range(1, train_steps + 1)
  found, _ = drawn(0, every_step, every=5000, train_steps=train_steps)
  assert found == steps


def test_a_resumed_run_shows_other_images(drawn):
  _, (config,) = drawn(40, (), every=10, train_steps=100)
  assert config.seed == 47
