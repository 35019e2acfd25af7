"""Decodes the optional labels of a record in the graph."""

from typing import NamedTuple

import tensorflow as tf

from copypaste_tf.examples import Features

_LISTS = {
  Features.CLASS: tf.int64,
  Features.DIFFICULT: tf.int64,
  Features.SCORE: tf.float32,
  Features.NEG_CATEGORY_IDS: tf.int64,
  Features.NEG_CATEGORY_IDS_OF_VILD: tf.int64,
  Features.NOT_EXHAUSTIVE_CATEGORY_IDS: tf.int64,
}


class Extras(NamedTuple):
  """The optional labels of one image with `n` objects, in the record's order.

  Attributes:
    difficult: `[n]` bool, false where the record does not state it.
    scores: `[n]` float32 in [0, 1], 1 where the record does not state it.
    neg_category_ids: `[p]` int32 categories verified to be absent.
    not_exhaustive_category_ids: `[q]` int32 categories of which some instances
      are not annotated.
  """

  difficult: tf.Tensor
  scores: tf.Tensor
  neg_category_ids: tf.Tensor
  not_exhaustive_category_ids: tf.Tensor


@tf.autograph.experimental.do_not_convert
def decode_extras(serialized: tf.Tensor) -> Extras:
  """Decodes the optional labels of a record.

  Parses these features by itself, so other pipelines do not pay for them.

  Args:
    serialized: a scalar string, a `tf.train.Example`.

  Returns:
    The labels, not padded.

  Raises:
    tf.errors.InvalidArgumentError: while running, if a flag or score is missing
      for some of the objects.
  """
  lists = {key: tf.io.RaggedFeature(dtype) for key, dtype in _LISTS.items()}
  features = tf.io.parse_single_example(serialized, lists)
  count = tf.size(features[Features.CLASS])
  # A record has one of these features; the other one is empty.
  negative = tf.concat(
    [
      features[Features.NEG_CATEGORY_IDS],
      features[Features.NEG_CATEGORY_IDS_OF_VILD],
    ],
    axis=0,
  )
  not_exhaustive = features[Features.NOT_EXHAUSTIVE_CATEGORY_IDS]
  return Extras(
    difficult=tf.cast(_column(features, Features.DIFFICULT, count, 0), tf.bool),
    scores=_column(features, Features.SCORE, count, 1.0),
    neg_category_ids=tf.cast(negative, tf.int32),
    not_exhaustive_category_ids=tf.cast(not_exhaustive, tf.int32),
  )


def _column(features, key: str, count, default: float) -> tf.Tensor:
  """Returns `[n]` values, all the default where the feature is absent."""
  values = features[key]
  values = tf.cond(
    tf.size(values) > 0,
    lambda: values,
    lambda: tf.fill([count], tf.cast(default, values.dtype)),
  )
  check = tf.debugging.Assert(
    tf.size(values) == count,
    [
      f'{key} and {Features.CLASS} hold different numbers of objects:',
      tf.size(values),
      count,
    ],
  )
  with tf.control_dependencies([check] if check is not None else []):
    return tf.identity(values)
