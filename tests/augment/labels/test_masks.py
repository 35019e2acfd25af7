import numpy as np
import reference
import tensorflow as tf

from copypaste_tf import augment


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
