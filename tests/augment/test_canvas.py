import numpy as np
import reference
import tensorflow as tf

from copypaste_tf.augment import canvas


def _place(engine, scenes):
  return reference.to_numpy(
    canvas.place(tf.nest.map_structure(tf.constant, scenes), engine=engine)
  )


def test_crowds_and_invisible_objects_become_padding(engine):
  rng = np.random.default_rng(0)
  scenes = reference.make_scenes(rng, count=5, crowds=2)
  hidden = scenes.planes.copy()
  hidden[0][:, reference.mask_of(hidden[0], scenes.ids[0, 3])] = 0
  found = _place(engine, scenes._replace(planes=hidden)).scenes
  assert (found.classes[:, :2] == 0).all()
  assert found.classes[0, 3] == 0 and found.ids[0, 3] == 0
  assert not found.boxes[0, 3].any()
  np.testing.assert_array_equal(found.classes[:, 4], scenes.classes[:, 4])
  np.testing.assert_array_equal(found.boxes[:, 4], scenes.boxes[:, 4])


def test_one_pixel_is_an_object_and_padding_with_pixels_is_none(engine):
  scenes = reference.make_scenes(np.random.default_rng(2), count=3)
  planes, classes = scenes.planes.copy(), scenes.classes.copy()
  mask = reference.mask_of(planes[0], scenes.ids[0, 0])
  rows, columns = np.nonzero(mask)
  planes[0][:, mask] = 0
  plane, value = divmod(scenes.ids[0, 0], 256)
  planes[0][plane, rows[0], columns[0]] = value
  classes[0, 1] = 0
  found = _place(engine, scenes._replace(planes=planes, classes=classes))
  assert found.extent.area[0, 0] == 1
  assert found.scenes.ids[0, 0] == scenes.ids[0, 0]
  assert found.scenes.ids[0, 1] == 0


def test_a_box_that_misses_the_canvas_becomes_that_of_the_mask(engine):
  scenes = reference.make_scenes(np.random.default_rng(1), count=1)
  boxes = scenes.boxes.copy()
  boxes[0, 0] = [5, 5, 5, 9]
  found = _place(engine, scenes._replace(boxes=boxes))
  mask = reference.mask_of(scenes.planes[0], scenes.ids[0, 0])
  np.testing.assert_array_equal(
    found.scenes.boxes[0, 0], reference.tight_box(mask)
  )
  np.testing.assert_array_equal(found.scenes.boxes[1], scenes.boxes[1])
  assert found.extent.area[0, 0] == mask.sum()
