import dataclasses

import numpy as np
import pytest

from copypaste_tf.evaluation import detection_sets, detections


def some(count, masks=True, first=0):
  """Detections of images 0, 1, ... whose boxes grow."""
  side = np.arange(first, first + count, dtype=np.float32)
  boxes = np.stack([side, side, 2 * side + 2, 2 * side + 3], -1)
  return detections.from_batch(
    source_ids=np.arange(first, first + count),
    original_sizes=np.tile([40, 50], [count, 1]),
    boxes=boxes[:, np.newaxis],
    scores=(side[:, np.newaxis] + 1) / 100,
    classes=np.ones([count, 1], int),
    masks=np.ones([count, 1, 4, 4], np.float32) if masks else None,
  )


@pytest.mark.parametrize('masks', [True, False])
@pytest.mark.parametrize('indices', [[], [4], [3, 0, 3, 1]])
def test_taken_detections_are_those_of_the_indices_in_their_order(
  indices, masks
):
  whole = some(5, masks)
  part = detection_sets.take(whole, np.array(indices, int))
  results = whole.to_results()
  assert part.to_results() == [results[i] for i in indices]
  again = detection_sets.concat([part, whole])
  assert again.to_results() == [*part.to_results(), *results]


def test_concat_of_no_batches_is_empty():
  assert len(detection_sets.concat([])) == 0
  assert detection_sets.concat([]).to_results() == []


def test_concat_refuses_batches_with_and_without_masks():
  with pytest.raises(ValueError, match='1 of 2 batches have masks'):
    detection_sets.concat([some(2), some(1, masks=False)])


def test_blank_masks_are_empty_and_the_others_stay():
  whole = some(4)
  results = whole.to_results()
  blank = detection_sets.blank(whole, np.array([True, False, False, True]))
  for i, result in enumerate(blank.to_results()):
    if i in (1, 2):
      assert result['segmentation'].pop('counts') == ''
      results[i]['segmentation'].pop('counts')
    assert result == results[i]


def test_repetitions_are_counted_by_all_numbers_of_a_detection():
  whole = detection_sets.concat([some(3), some(2), some(2, first=1)])
  assert detection_sets.repetitions(whole) == 4
  for name in ('image_ids', 'category_ids', 'scores', 'boxes'):
    other = getattr(whole, name).copy()
    other.reshape(len(whole), -1)[0, -1] += 7
    changed = dataclasses.replace(whole, **{name: other})
    assert detection_sets.repetitions(changed) == 3
  assert detection_sets.repetitions(some(1)) == 0
  assert detection_sets.repetitions(detection_sets.concat([])) == 0


@pytest.mark.parametrize('limit', [1, 2, 100])
def test_the_best_of_a_group_are_those_of_a_loop(limit):
  rng = np.random.default_rng(limit)
  whole = dataclasses.replace(
    detection_sets.concat([some(40)]),
    scores=rng.integers(4, size=40) / 4,
    image_ids=rng.integers(3, size=40),
  )
  groups = rng.integers(3, size=40)
  order = sorted(
    range(40), key=lambda i: (-whole.scores[i], whole.image_ids[i], i)
  )
  expected = [
    i in [j for j in order if groups[j] == groups[i]][:limit] for i in range(40)
  ]
  assert detection_sets.best(groups, whole, limit).tolist() == expected
