import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.augment.labels import extents, masks


def _examples(seed=0, **knobs):
  scenes = reference.make_scenes(np.random.default_rng(seed))
  scenes = tf.nest.map_structure(tf.constant, scenes)
  knobs = {'output_size': (40, 56), 'max_instances': 16} | knobs
  return augment.augment(
    scenes,
    tf.constant([seed, 0]),
    copy_paste=augment.CopyPaste(min_visible_area=4, subset='all'),
    **knobs,
  )


@pytest.mark.parametrize('size', [(48, 64), (160, 24)])
def test_the_source_owns_the_union_of_the_chosen(size):
  rng = np.random.default_rng(3)
  # Of 160 rows, an object lies in several of five blocks.
  scenes = reference.make_scenes(rng, size=size, count=8, largest=70)
  chosen = rng.random(scenes.ids.shape) < 0.5
  union = np.zeros(scenes.image.shape[:3], bool)
  for i, k in np.argwhere(chosen):
    union[i] |= reference.mask_of(scenes.planes[i], scenes.ids[i, k])
  planes, ids = tf.constant(scenes.planes), tf.constant(scenes.ids)
  boxes = extents.join(extents.measure(planes, ids)).box
  owners = masks.paste_owners(planes, ids, tf.constant(chosen), boxes)
  np.testing.assert_array_equal(owners, reference.owners(union))
  partner = [2, 0, 3, 1]
  given = (tf.gather(x, partner) for x in (ids, chosen, boxes))
  owners = masks.paste_owners(planes, *given, tf.constant(partner))
  np.testing.assert_array_equal(owners, reference.owners(union[partner]))
  assert owners.dtype == tf.uint8


def test_instance_masks_equal_the_definition():
  examples = _examples()
  found = augment.instance_masks(examples).numpy()
  examples = reference.to_numpy(examples)
  assert examples.pasted.any()
  for i, k in np.ndindex(examples.ids.shape):
    expected = reference.example_mask(examples, i, k)
    if not examples.classes[i, k]:
      expected[:] = False
    np.testing.assert_array_equal(found[i, k], expected)


def test_a_pixel_of_two_owners_is_in_the_masks_of_both():
  examples = _examples()
  shared = examples._replace(owners=tf.fill(examples.owners.shape, np.uint8(3)))
  found = augment.instance_masks(shared).numpy()
  shared = reference.to_numpy(shared)
  assert shared.pasted.any() and not shared.pasted.all()
  for i, k in np.ndindex(shared.ids.shape):
    expected = reference.mask_of(shared.planes[i], shared.ids[i, k])
    np.testing.assert_array_equal(found[i, k], expected)


def test_crops_sample_the_masks_at_bin_centres():
  examples = _examples(1)
  crops = augment.crop_masks(examples, 14).numpy()
  full = augment.instance_masks(examples).numpy()
  boxes = examples.boxes.numpy().astype(np.float64)
  for i, k in np.argwhere(examples.classes.numpy() > 0):
    ymin, xmin, ymax, xmax = boxes[i, k]
    for row, column in np.ndindex(14, 14):
      y = int(ymin + (row + 0.5) / 14 * (ymax - ymin) + 1e-6)
      x = int(xmin + (column + 0.5) / 14 * (xmax - xmin) + 1e-6)
      y, x = min(y, 39), min(x, 55)
      assert crops[i, k, row, column] == full[i, k, y, x]
  assert not crops[examples.classes.numpy() == 0].any()


def test_a_box_of_the_crops_size_is_cut_out_as_it_is():
  example = _examples(2)
  boxes = tf.tile([[[8.0, 8.0, 22.0, 22.0]]], [4, 16, 1])
  crops = augment.crop_masks(example._replace(boxes=boxes), 14)
  full = augment.instance_masks(example)[:, :, 8:22, 8:22]
  np.testing.assert_array_equal(crops, tf.cast(full, tf.float32))


def test_crops_agree_in_all_modes():
  examples = _examples(3)
  results = list(reference.each_way(augment.crop_masks, examples))
  for _, found in results[1:]:
    np.testing.assert_array_equal(found, results[0][1])
