"""Each fault of a label is counted, and a right example has none."""

import numpy as np
import pytest

from benchmarks.peers import invariants, scenes

SIZE, FIRST = 40, scenes.SOURCE + 1
FAULTS = (
  'unlabelled_pixels',
  'images_with_unlabelled_pixels',
  'blended_pixels',
  'labels_without_pixels',
  'boxes_off_by_10',
  'boxes_off_by_1',
  'untouched_lost',
  'visible_lost',
  'masks_too_large',
  'wrong_areas',
)


def _square(y, x, side):
  mask = np.zeros((SIZE, SIZE), bool)
  mask[y : y + side, x : x + side] = True
  return mask


# The source hides the first object's right part; the second stays untouched,
# and the third is hidden.
LARGE, SMALL, HIDDEN = _square(0, 0, 30), _square(35, 35, 4), _square(4, 16, 6)
PASTED = _square(0, 15, 16)


@pytest.fixture
def pair():
  masks = np.stack([LARGE, SMALL, HIDDEN])
  target = scenes.make(masks, value=0, first_class=1)
  source = scenes.make(PASTED[np.newaxis], value=255, first_class=FIRST)
  return target, source


def _example(**changes):
  masks = np.stack([LARGE & ~PASTED, SMALL, PASTED])
  right = invariants.Outcome(
    share=PASTED.astype(float),
    classes=np.array([1, 2, FIRST]),
    boxes=np.array([scenes.tight_box(m) for m in masks]),
    masks=masks,
    areas=masks.sum((1, 2)),
  )
  return right._replace(**changes)


def _faults(pair, **changes):
  found = invariants.count(*pair, _example(**changes))
  return {name: found[name] for name in FAULTS if found[name]}


def _without(*numbers):
  kept = [i for i in range(3) if i not in numbers]
  right = _example()
  fields = ('classes', 'boxes', 'masks', 'areas')
  return {name: getattr(right, name)[kept] for name in fields}


def test_a_right_example_has_no_fault(pair):
  found = invariants.count(*pair, _example())
  assert not any(found[name] for name in FAULTS)
  assert found['labels'] == 3
  assert found['pasted_labels'] == 1
  assert found['pasted_pixels'] == 16 * 16
  assert found['objects_lost'] == 1  # The hidden one.


def test_a_small_object_that_the_paste_never_touched_keeps_its_label(pair):
  assert _faults(pair, **_without(1)) == {'untouched_lost': 1}


def test_an_object_that_stays_visible_keeps_its_label(pair):
  assert _faults(pair, **_without(0)) == {'visible_lost': 1}


def test_pasted_pixels_without_a_label_are_counted(pair):
  expected = {'unlabelled_pixels': 256, 'images_with_unlabelled_pixels': 1}
  assert _faults(pair, **_without(2)) == expected


def test_a_halo_around_a_pasted_object_has_no_label(pair):
  share = _square(0, 14, 17).astype(float)
  faults = _faults(pair, share=share)
  assert faults['unlabelled_pixels'] == 17 * 17 - 16 * 16


def test_soft_edges_are_counted(pair):
  share = PASTED.astype(float)
  share[0, 15:31] = 0.75
  assert _faults(pair, share=share) == {'blended_pixels': 16}


def test_a_label_of_a_hidden_object_has_no_pixels(pair):
  right = _example()
  changes = {
    'classes': np.append(right.classes, 3),
    'boxes': np.concatenate([right.boxes, [scenes.tight_box(HIDDEN)]]),
    'masks': np.concatenate([right.masks, [HIDDEN & ~PASTED]]),
    'areas': np.append(right.areas, 0),
  }
  assert _faults(pair, **changes) == {'labels_without_pixels': 1}


def test_a_mask_must_not_claim_pasted_pixels(pair):
  masks = np.stack([LARGE, SMALL, PASTED])
  changes = {'masks': masks, 'areas': masks.sum((1, 2))}
  assert _faults(pair, **changes) == {'masks_too_large': 1}


@pytest.mark.parametrize('area', [15, 17])
def test_areas_count_the_pixels_of_masks(pair, area):
  areas = _example().areas.copy()
  areas[1] = area
  assert _faults(pair, areas=areas) == {'wrong_areas': 1}


@pytest.mark.parametrize(
  ('off', 'faults'),
  [
    (1, {}),
    (2, {'boxes_off_by_1': 1}),
    (11, {'boxes_off_by_1': 1, 'boxes_off_by_10': 1}),
  ],
)
def test_boxes_fit_what_is_visible(pair, off, faults):
  boxes = _example().boxes.copy()
  boxes[1, 0] -= off
  assert _faults(pair, boxes=boxes) == faults


def test_a_system_may_draw_the_masks_of_objects_in_its_own_way(pair):
  """Its own smaller mask makes the tight box of the scene's mask wrong."""
  assert _faults(pair, given={2: _square(38, 38, 1)})['boxes_off_by_1'] == 1


def test_what_a_system_does_not_give_is_not_counted(pair):
  found = invariants.count(*pair, _example(masks=None, areas=None))
  assert 'masks_too_large' not in found
  assert 'wrong_areas' not in found
