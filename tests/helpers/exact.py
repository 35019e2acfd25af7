"""Runs the models in float64, to measure their rounding noise in float32.

The code of boxes names `tf.float32`, so within this context that name stands
for float64.
"""

import contextlib
import unittest.mock

import tensorflow as tf
import tf_keras


@contextlib.contextmanager
def float64():
  """Makes everything float64 that is built and run inside."""
  constant, log, where, zeros = tf.constant, tf.math.log, tf.where, tf.zeros

  def wide_constant(value, dtype=None, **rest):
    tensor = constant(value, dtype, **rest)
    narrow = dtype is None and tensor.dtype == tf.as_dtype('float32')
    return tf.cast(tensor, tf.float64) if narrow else tensor

  def wide_log(x):
    return log(constant(x, tf.float64) if isinstance(x, float) else x)

  def wide_where(condition, x=None, y=None):
    if isinstance(x, float):
      x = constant(x, y.dtype)
    if isinstance(y, float):
      y = constant(y, x.dtype)
    return where(condition, x, y)

  def wide_zeros(shape, dtype=tf.float64):
    return zeros(shape, dtype)

  changes = (
    (tf, 'float32', tf.float64),
    (tf, 'constant', wide_constant),
    (tf.math, 'log', wide_log),
    (tf, 'where', wide_where),
    (tf, 'zeros', wide_zeros),
  )
  with contextlib.ExitStack() as stack:
    for owner, attribute, value in changes:
      patch = unittest.mock.patch.object(owner, attribute, value)
      stack.enter_context(patch)
    tf_keras.backend.set_floatx('float64')
    stack.callback(tf_keras.backend.set_floatx, 'float32')
    yield
