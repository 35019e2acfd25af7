"""Scenes without planes: boxes alone, jittered like those of objects."""

import numpy as np
import pytest
import reference

from copypaste_tf import augment, examples
from copypaste_tf.augment.options import CopyPaste, ScaleJitter

OUTPUT = (40, 56)
JITTER = ScaleJitter(min_scale=0.5, max_scale=2.0)


def scenes_of_boxes(seed, crowds=0):
  """Returns random scenes, and the same without planes."""
  with_masks = reference.make_scenes(
    np.random.default_rng(seed), count=6, crowds=crowds
  )
  number = np.arange(1, with_masks.ids.shape[1] + 1)
  labels = (with_masks.classes > 0) & ~with_masks.crowd
  boxes = with_masks._replace(
    planes=with_masks.planes[:, :0],
    ids=np.where(labels, number, 0).astype(np.int32),
  )
  return with_masks, boxes


def augmented(scenes, form='blocks', **knobs):
  return augment.augment(
    scenes,
    [3, 4],
    output_size=OUTPUT,
    max_instances=8,
    jitter=JITTER,
    form=form,
    **knobs,
  )


@pytest.mark.parametrize('seed', range(3))
def test_images_and_boxes_are_those_of_scenes_with_masks(seed):
  with_masks, boxes = scenes_of_boxes(seed, crowds=1)
  one, other = (reference.to_numpy(augmented(x)) for x in (with_masks, boxes))
  np.testing.assert_array_equal(one.image, other.image)
  np.testing.assert_array_equal(one.size, other.size)
  assert other.planes.shape == (4, 0, *OUTPUT)
  kept = 0
  for i in range(4):
    by_box = {
      tuple(b): c for b, c in zip(other.boxes[i], other.classes[i], strict=True)
    }
    for box, label in zip(one.boxes[i], one.classes[i], strict=True):
      # An object may be visible though its box is narrower than a pixel.
      if label and (box[2:] - box[:2]).min() >= 1:
        assert by_box[tuple(box)] == label
        kept += 1
  assert kept > 5


@pytest.mark.parametrize('seed', range(2))
def test_a_label_is_a_box_of_at_least_a_pixel_each_way(seed):
  _, boxes = scenes_of_boxes(seed, crowds=2)
  found = reference.to_numpy(augmented(boxes))
  present = found.classes > 0
  sides = found.boxes[..., 2:] - found.boxes[..., :2]
  assert (sides[present] >= 1).all() and not found.boxes[~present].any()
  areas = np.round(sides.prod(-1))
  np.testing.assert_array_equal(found.areas, np.where(present, areas, 0))
  np.testing.assert_array_equal(found.ids > 0, present)
  assert 0 < present.sum() <= 4 * 4  # Neither crowds nor padding.
  assert not found.pasted.any() and not found.touched.any()


@pytest.mark.parametrize('form', ['blocks', 'dense'])
def test_eager_tf_data_and_xla_agree(form):
  _, boxes = scenes_of_boxes(5)
  results = reference.each_way(
    lambda *fields: augmented(examples.Scenes(*fields), form), *boxes
  )
  reference.assert_same(results)


def test_the_largest_boxes_are_kept_if_there_are_too_many():
  _, boxes = scenes_of_boxes(6)
  whole = reference.to_numpy(augmented(boxes))
  few = reference.to_numpy(
    augment.augment(
      boxes, [3, 4], output_size=OUTPUT, max_instances=2, jitter=JITTER
    )
  )
  for of_all, of_few in zip(whole.areas, few.areas, strict=True):
    assert sorted(of_few) == sorted(of_all)[-2:]


def test_an_ignored_box_is_a_region_and_no_label():
  _, boxes = scenes_of_boxes(7)
  ignored = np.zeros_like(boxes.crowd)
  ignored[:, 1] = True
  whole = reference.to_numpy(augmented(boxes))
  found = reference.to_numpy(
    augmented(
      boxes._replace(ignored=ignored, ids=np.where(ignored, 0, boxes.ids))
    )
  )
  assert not (found.ids == 2).any() and (whole.ids == 2).any()
  for i in range(4):
    lost = whole.boxes[i][whole.ids[i] == 2]
    regions = [tuple(box) for box in found.regions.boxes[i]]
    assert all(tuple(box) in regions for box in lost)
  assert (found.classes > 0).sum() == (whole.classes > 0).sum() - (
    whole.ids == 2
  ).sum()


def test_nothing_is_pasted_without_masks():
  _, boxes = scenes_of_boxes(0)
  with pytest.raises(ValueError, match='these scenes have no planes'):
    augmented(boxes, copy_paste=CopyPaste())
