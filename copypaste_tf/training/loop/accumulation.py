"""Gradient accumulation over the micro batches of an optimizer step."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Gradients = list[tf.Tensor | None]


def mean_gradients(
  compute: Callable[[Any, tf.Tensor], tuple[dict[str, tf.Tensor], Gradients]],
  batch: Any,
  step: tf.Tensor,
  weights: Sequence[tf.Variable],
  parts: int,
  *,
  names: Sequence[str],
  spread: bool = False,
) -> tuple[dict[str, tf.Tensor], list[tf.Tensor]]:
  """Averages losses and gradients over the parts of a batch.

  A loop computes the parts one after the other, so that memory holds the
  activations of only one part at a time.

  Args:
    compute: takes a part and its number, which is unique over all steps;
      returns scalar losses by name and a gradient for each weight, None for a
      weight that the loss does not depend on.
    batch: nest of tensors `[b, ...]`.
    step: int64 scalar, the number of the step.
    weights: weights that the gradients belong to.
    parts: number of parts, a divisor of `b`.
    names: names of the losses.
    spread: each part takes every `parts`-th example; else neighbours.

  Returns:
    The mean losses, and the mean gradient of each weight; 0 for None.
  """
  shape = [-1, parts] if spread else [parts, -1]
  split = tf.nest.map_structure(
    lambda x: tf.reshape(x, [*shape, *x.shape[1:]]), batch
  )

  def add_part(index, values, sums):
    part = tf.nest.map_structure(
      lambda x: x[:, index] if spread else x[index], split
    )
    number = step * parts + tf.cast(index, tf.int64)
    of_part, gradients = compute(part, number)
    sums = [
      total if gradient is None else total + gradient / parts
      for total, gradient in zip(sums, gradients, strict=True)
    ]
    values = {
      name: total + of_part[name] / parts for name, total in values.items()
    }
    return [index + 1, values, sums]

  _, values, sums = tf.while_loop(
    lambda index, *_: index < parts,
    add_part,
    [
      0,
      dict.fromkeys(names, 0.0),
      [tf.zeros_like(weight) for weight in weights],
    ],
    parallel_iterations=1,
    maximum_iterations=parts,
  )
  return values, sums
