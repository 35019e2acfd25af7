"""Gradient accumulation over the micro batches of an optimizer step."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Gradients = list[tf.Tensor | None]


def mean_gradients(
  compute: Callable[[Any, tf.Tensor], tuple[tf.Tensor, Gradients]],
  batch: Any,
  step: tf.Tensor,
  weights: Sequence[tf.Variable],
  parts: int,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
  """Averages loss and gradients over the parts of a batch.

  A loop computes the parts one after the other, so that memory holds the
  activations of only one part at a time.

  Args:
    compute: takes a part and its number, which is unique over all steps;
      returns the scalar loss and a gradient for each weight, None for a weight
      that the loss does not depend on.
    batch: nest of tensors `[b, ...]`.
    step: int64 scalar, the number of the step.
    weights: weights that the gradients belong to.
    parts: number of parts, a divisor of `b`.

  Returns:
    The mean loss, and the mean gradient of each weight; 0 for None.
  """
  split = tf.nest.map_structure(
    lambda x: tf.reshape(x, [parts, -1, *x.shape[1:]]), batch
  )

  def add_part(index, loss, sums):
    part = tf.nest.map_structure(lambda x: x[index], split)
    number = step * parts + tf.cast(index, tf.int64)
    part_loss, gradients = compute(part, number)
    sums = [
      total if gradient is None else total + gradient / parts
      for total, gradient in zip(sums, gradients, strict=True)
    ]
    return index + 1, loss + part_loss / parts, sums

  _, loss, sums = tf.while_loop(
    lambda index, *_: index < parts,
    add_part,
    [0, 0.0, [tf.zeros_like(weight) for weight in weights]],
    parallel_iterations=1,
    maximum_iterations=parts,
  )
  return loss, sums
