"""Batches on their way to the augmentation, and the augmentation compiled.

The host's pipeline and the training step run the same function on the same
seeds, so where it runs makes no difference to the labels.
"""

from collections.abc import Callable

import tensorflow as tf

from copypaste_tf.augment import augment
from copypaste_tf.augment.draws import pairing
from copypaste_tf.augment.pixels import bfloat16
from copypaste_tf.examples import RawScenes, Scenes, TrainScenes


def raw_batches(
  scenes: tf.data.Dataset, seed: int, *, first: int = 0, every: int = 1
) -> tf.data.Dataset:
  """Gives each batch a seed of its own.

  Args:
    scenes: a dataset of batched `Scenes`, or of pairs of targets and sources.
    seed: batch number `i` is augmented with `batch_seed(seed, i)`.
    first: number of the first batch.
    every: what the number grows by, so that hosts have different ones.

  Returns:
    A dataset of `RawScenes`.
  """
  pairs = not isinstance(scenes.element_spec, Scenes)

  def with_seed(index, batch):
    targets, sources = batch if pairs else (batch, None)
    return RawScenes(targets, sources, batch_seed(seed, index))

  return _numbered(scenes, first, every).map(
    with_seed, num_parallel_calls=tf.data.AUTOTUNE
  )


def paired_batches(
  pools: tf.data.Dataset, seed: int, *, first: int = 0, every: int = 1
) -> tf.data.Dataset:
  """Pairs the images of each batch, as the augmentation would.

  For replicas whose own batches are too small to pair: of what this returns,
  each may get a part, since every image travels with the one to paste from.

  Args:
    pools: a dataset of batched `Scenes`, at least two in each.
    seed: of the pairs.
    first: number of the first pool.
    every: see `raw_batches`.

  Returns:
    A dataset of pairs of `Scenes`: targets and sources.
  """

  def pair(index, pool):
    partner = pairing.derange(batch_seed(seed, index), pool.source_id)
    return pool, tf.nest.map_structure(lambda x: tf.gather(x, partner), pool)

  return _numbered(pools, first, every).map(
    pair, num_parallel_calls=tf.data.AUTOTUNE
  )


def augmentation(
  *, dtype: tf.DType = tf.float32, jit_compile: bool = True, **knobs
) -> Callable[[RawScenes], TrainScenes]:
  """Returns `augment.augment`, compiled by XLA, for the host or the device.

  Args:
    dtype: of the images, float32 or bfloat16.
    jit_compile: whether to compile; slow without.
    **knobs: the other keyword arguments of `augment.augment`, but the sources.
  """
  stored = bfloat16.stored(dtype)

  @tf.function(jit_compile=jit_compile, autograph=False)
  def augment_batch(raw: RawScenes) -> TrainScenes:
    return augment(
      raw.targets, raw.seed, sources=raw.sources, dtype=stored, **knobs
    )

  @tf.function(autograph=False)
  def with_dtype(raw: RawScenes) -> TrainScenes:
    examples = augment_batch(raw)
    if stored == dtype:
      return examples
    # Where the host augments, this is not compiled, and moves nothing.
    return examples._replace(image=bfloat16.from_bits(examples.image))

  return with_dtype


def batch_seed(seed: int, index: tf.Tensor) -> tf.Tensor:
  """Returns the `[2]` int32 seed of the batch with the given index."""
  return tf.stack([tf.constant(seed, tf.int32), tf.cast(index, tf.int32)])


def _numbered(dataset, first, every):
  """Pairs elements with numbers, each of which no other has.

  The numbers are a source of their own, so that workers of the tf.data service
  are dealt different ones.
  """
  return tf.data.Dataset.zip(
    tf.data.Dataset.range(first, 2**62, every), dataset
  )
