"""A batch that does not fit is computed in parts, for one optimizer step."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


class _Gradients:
  """Stands for an optimizer, and keeps the gradients that it is given."""

  def __init__(self):
    self.values = []

  def apply_gradients(self, grads_and_vars: Sequence[tuple]) -> None:
    self.values = [gradient for gradient, _ in grads_and_vars]


def train_step(
  step: Callable[[Any, tf.Tensor, Any], tf.Tensor],
  batch: Any,
  weights: Sequence[tf.Variable],
  optimizer: Any,
  parts: int,
) -> tf.Tensor:
  """Takes one optimizer step on the mean gradient of the parts of a batch.

  The parts are computed one after the other, in a loop, so that one needs the
  memory at a time.

  Args:
    step: takes a part, a number that no other part of any step has, and an
      optimizer; calls `apply_gradients` of it and returns the scalar loss.
    batch: nest of tensors `[b, ...]`.
    weights: what the gradients are of.
    optimizer: takes the step.
    parts: how many, a divisor of `b`.

  Returns:
    The mean loss of the parts.
  """
  split = tf.nest.map_structure(
    lambda x: tf.reshape(x, [parts, -1, *x.shape[1:]]), batch
  )

  def add_part(index, loss, sums):
    gradients = _Gradients()
    part = tf.nest.map_structure(lambda x: x[index], split)
    number = optimizer.iterations * parts + tf.cast(index, tf.int64)
    loss += step(part, number, gradients) / parts
    sums = [
      # No part of the loss may depend on a weight.
      total if gradient is None else total + gradient / parts
      for total, gradient in zip(sums, gradients.values, strict=True)
    ]
    return index + 1, loss, sums

  _, loss, sums = tf.while_loop(
    lambda index, *_: index < parts,
    add_part,
    [0, 0.0, [tf.zeros_like(weight) for weight in weights]],
    parallel_iterations=1,
    maximum_iterations=parts,
  )
  optimizer.apply_gradients(list(zip(sums, weights, strict=True)))
  return loss
