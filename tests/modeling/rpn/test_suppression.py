"""NMS of many lists against a loop over boxes, and against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.modeling.rpn import suppression


def by_hand(boxes, candidates, threshold):
  """Decides box after box, in float32 like the function under test."""
  kept = np.zeros(len(boxes), bool)
  low, high = boxes[:, :2], boxes[:, 2:]
  area = (high[:, 0] - low[:, 0]) * (high[:, 1] - low[:, 1])
  for i in np.flatnonzero(candidates):
    sides = np.minimum(high[i], high) - np.maximum(low[i], low)
    common = np.prod(np.maximum(sides, np.float32(0)), axis=1)
    iou = common / (area[i] + area - common + np.float32(1e-8))
    kept[i] = not np.any(kept & (iou >= np.float32(threshold)))
  return kept


def crowd(random, n):
  """Boxes on a coarse grid: many are equal, and many IoUs are 1/2 or 1/3."""
  low = random.integers(0, 6, [n, 2]) * 4
  size = random.integers(0, 4, [n, 2]) * 4
  return np.concatenate([low, low + size], axis=1).astype(np.float32)


def apart(n):
  """Boxes in a row that do not touch."""
  left = 10 * np.arange(n, dtype=np.float32)
  return np.stack([0 * left, left, 0 * left + 5, left + 5], axis=1)


def chain(n):
  """Each box overlaps the next one, so every second box is kept."""
  left = np.arange(n, dtype=np.float32)
  return np.stack([0 * left, left, 0 * left + 4, left + 3], axis=1)


def lists(n):
  random = np.random.default_rng(n)
  boxes = np.stack(
    [
      crowd(random, n),
      crowd(random, n) + random.uniform(0, 1, [n, 4]).astype(np.float32),
      np.tile(np.float32([[3, 3, 9, 9]]), [n, 1]),
      apart(n),
      chain(n),
      np.zeros([n, 4], np.float32),
      # Decoded boxes may end up to a pixel before they begin.
      crowd(random, n) - np.float32([0, 0, 0.75, 0.5]),
    ]
  )
  candidates = random.uniform(size=boxes.shape[:2]) < 0.9
  candidates[3:5] = True
  return boxes, candidates


@pytest.mark.parametrize('compiled', [False, True])
@pytest.mark.parametrize('n', [1, 64, 65, 300])
def test_the_kept_boxes_are_those_of_a_loop_over_boxes(n, compiled):
  boxes, candidates = lists(n)
  suppress = tf.function(suppression.suppress, jit_compile=compiled)
  kept = suppress(boxes, candidates, iou_threshold=0.5).numpy()
  for row, name in enumerate(kept):
    expected = by_hand(boxes[row], candidates[row], 0.5)
    np.testing.assert_array_equal(name, expected, str(row))
  assert kept[3].all()  # Nothing overlaps.
  np.testing.assert_array_equal(kept[4], np.arange(n) % 2 == 0)
  assert kept[2].sum() == min(1, candidates[2].sum())  # All are equal.


@pytest.mark.parametrize('threshold', [0.3, 0.7])
def test_the_kept_boxes_are_those_of_tensorflow(threshold):
  boxes, candidates = lists(700)
  boxes, candidates = boxes[:4], candidates[:4]
  boxes *= candidates[..., np.newaxis]
  kept = suppression.suppress(
    boxes, np.any(boxes > 0, axis=-1), iou_threshold=threshold
  )
  index, count = tf.image.non_max_suppression_padded(
    boxes,
    np.tile(np.linspace(1, 0.5, 700, dtype=np.float32), [4, 1]),
    700,
    threshold,
    pad_to_max_output_size=True,
    sorted_input=True,
    canonicalized_coordinates=True,
  )
  for row in range(4):
    expected = index[row, : int(count[row])]
    np.testing.assert_array_equal(np.flatnonzero(kept[row]), expected)


def test_the_operations_do_not_depend_on_the_number_of_lists():
  def operations(count):
    suppress = tf.function(
      lambda x, y: suppression.suppress(x, y, iou_threshold=0.5)
    )
    boxes, candidates = lists(64)
    graph = suppress.get_concrete_function(
      np.tile(boxes[:1], [count, 1, 1]), np.tile(candidates[:1], [count, 1])
    ).graph
    return len(graph.get_operations())

  assert operations(1) == operations(40)
