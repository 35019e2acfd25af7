"""Packs full-size masks into id planes, in the TensorFlow graph."""

import tensorflow as tf

from copypaste_tf.examples import IDS_PER_PLANE


def layer(masks: tf.Tensor, *, num_planes: int) -> tuple[tf.Tensor, tf.Tensor]:
  """Packs each mask into the first plane where it overlaps no other mask.

  Args:
    masks: `[n, h, w]` bool or numbers, nonzero inside.
    num_planes: number of planes to fill.

  Returns:
    planes: `[num_planes, h, w]` uint8, 0 where no mask lies.
    ids: `[n]` int32; 0 for masks without pixels.

  Raises:
    tf.errors.InvalidArgumentError: if the masks need more planes.

  >>> planes, ids = layer(tf.ones([2, 1, 1]), num_planes=3)
  >>> ids.numpy(), planes.numpy().ravel()
  (array([  1, 257], dtype=int32), array([1, 1, 0], dtype=uint8))
  """
  masks = tf.cast(masks, tf.bool)
  height, width = tf.unstack(tf.shape(masks)[1:])

  def step(index, planes, used, ids):
    planes, used, new = add_mask(planes, used, masks[index])
    return index + 1, planes, used, ids.write(index, new)

  count = tf.shape(masks)[0]
  ids = tf.TensorArray(tf.int32, count, element_shape=[])
  _, planes, _, ids = tf.while_loop(
    lambda index, *_: index < count,
    step,
    (
      0,
      tf.zeros([num_planes, height, width], tf.uint8),
      tf.zeros([num_planes], tf.int32),
      ids,
    ),
  )
  return planes, ids.stack()


def add_mask(
  planes: tf.Tensor, used: tf.Tensor, mask: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
  """Puts one mask into the first plane that has room for it.

  Args:
    planes: `[l, h, w]` uint8.
    used: `[l]` int32 in [0, 255], number of instances in each plane.
    mask: `[h, w]` bool.

  Returns:
    The new `planes` and `used`, and the mask's id, an int32 scalar; 0 for a
    mask without pixels.

  Raises:
    tf.errors.InvalidArgumentError: if no plane has room.
  """
  num_planes = planes.shape[0]
  overlap = tf.reduce_any((planes > 0) & mask, axis=[1, 2])
  free = ~overlap & (used < IDS_PER_PLANE - 1)
  tf.debugging.assert_equal(
    tf.reduce_any(free),
    True,
    'The masks of an image overlap too deeply for '
    f'{num_planes} id planes; raise num_planes.',
  )
  plane = tf.argmax(free, output_type=tf.int32)
  has_pixels = tf.cast(tf.reduce_any(mask), tf.int32)
  is_chosen = tf.one_hot(plane, num_planes, dtype=tf.int32)
  used += is_chosen * has_pixels
  value = used[plane]
  drawn = mask & (is_chosen > 0)[:, tf.newaxis, tf.newaxis]
  planes = tf.where(drawn, tf.cast(value, tf.uint8), planes)
  return planes, used, has_pixels * (IDS_PER_PLANE * plane + value)
