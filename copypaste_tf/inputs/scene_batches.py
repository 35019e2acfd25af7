"""Seeds, pairs and augments batches of scenes.

The host's pipeline and the training step run the same function on the same
seeds, so the labels do not depend on where the augmentation runs.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from copypaste_tf.augment import augment, drawing
from copypaste_tf.augment.draws import pairing
from copypaste_tf.augment.pixels import bfloat16
from copypaste_tf.examples import RawScenes, Scenes, TrainScenes
from copypaste_tf.inputs import partners


def seeded(
  scenes: tf.data.Dataset, seed: int, *, first: int = 0, every: int = 1
) -> tf.data.Dataset:
  """Gives each batch a seed of its own.

  Args:
    scenes: dataset of batched `Scenes`, or of pairs of targets and sources.
    seed: base seed; batch number `i` is augmented with `batch_seed(seed, i)`.
    first: number of the first batch.
    every: step between the numbers of two batches, so that the numbers of hosts
      differ.

  Returns:
    A dataset of `RawScenes`.
  """
  pairs = not isinstance(scenes.element_spec, Scenes)

  @tf.autograph.experimental.do_not_convert
  def with_seed(index, batch):
    targets, sources = batch if pairs else (batch, None)
    return RawScenes(targets, sources, batch_seed(seed, index))

  return _numbered(scenes, first, every).map(with_seed)


def with_sets(
  groups: tf.data.Dataset, numbers: Sequence[int]
) -> tf.data.Dataset:
  """Writes the record set of each image into `Scenes.sets`.

  Args:
    groups: dataset of batched `Scenes`.
    numbers: number of the set of each image of a group.

  Returns:
    A dataset of `Scenes`.
  """

  @tf.autograph.experimental.do_not_convert
  def write(scenes):
    return scenes._replace(sets=tf.constant(numbers, tf.int32))

  return groups.map(write)


def paired(
  groups: tf.data.Dataset,
  seed: int,
  *,
  takers: Sequence[int],
  givers: Sequence[int],
  first: int = 0,
  every: int = 1,
) -> tf.data.Dataset:
  """Adds to each image of a group the source to paste from.

  Each image then comes with its source, so a group can be split into batches.
  If every image gives and takes objects, pairs them as `augment` does.

  Args:
    groups: dataset of batched `Scenes`.
    seed: base seed of the pairs.
    takers: positions of the images that are pasted into; see `partners.draw`.
    givers: positions of the images that are pasted from.
    first: number of the first group.
    every: step between the numbers of two groups.

  Returns:
    A dataset of pairs of `Scenes`: targets and sources.
  """

  @tf.autograph.experimental.do_not_convert
  def pair(index, group):
    partner = partners.draw(
      batch_seed(seed, index), group.source_id, takers=takers, givers=givers
    )
    return group, pairing.take(group, partner)

  return _numbered(groups, first, every).map(pair)


def without_paste(
  pairs: tf.data.Dataset, takers: Sequence[int]
) -> tf.data.Dataset:
  """Replaces the source of each image that must not be pasted into.

  Such an image becomes its own source. Nothing is pasted between images of
  equal `source_id`, so nothing is pasted onto it.

  Args:
    pairs: dataset of pairs of `Scenes`, `g` targets and `g` sources.
    takers: positions in [0, g) of the targets that are pasted into.

  Returns:
    A dataset of pairs of `Scenes`, in which the other targets are their own
    sources.
  """

  @tf.autograph.experimental.do_not_convert
  def keep(targets, sources):
    size = targets.source_id.shape[0]
    rows = [i + size if i in takers else i for i in range(size)]
    return targets, tf.nest.map_structure(
      lambda *x: tf.gather(tf.concat(x, axis=0), rows), targets, sources
    )

  return pairs.map(keep)


def compiled_augment(
  *,
  dtype: tf.DType = tf.float32,
  jit_compile: bool = True,
  draws_first: bool = False,
  **knobs,
) -> Callable[[RawScenes], TrainScenes]:
  """Returns `augment.augment`, compiled by XLA, for the host or the device.

  Args:
    dtype: dtype of the images, float32 or bfloat16.
    jit_compile: compile with XLA; slow without.
    draws_first: make the random decisions outside of XLA, which then has a
      third less to compile. For the host: a device would wait for each of
      these small operations.
    **knobs: the other keyword arguments of `augment.augment`, except `sources`.
  """
  stored = bfloat16.stored(dtype)

  @tf.function(jit_compile=jit_compile, autograph=False)
  def augment_batch(batch: RawScenes) -> TrainScenes:
    return augment(
      batch.targets, batch.seed, sources=batch.sources, dtype=stored, **knobs
    )

  @tf.function(autograph=False)
  def with_dtype(batch: RawScenes) -> TrainScenes:
    if draws_first:
      batch = batch._replace(seed=_draws(batch, **knobs))
    examples = augment_batch(batch)
    if stored == dtype:
      return examples
    # The host does not compile this cast, which only renames the bits.
    return examples._replace(image=bfloat16.from_bits(examples.image))

  return with_dtype


def _draws(
  batch,
  *,
  output_size,
  jitter=None,
  source_jitter=None,
  copy_paste=None,
  composition=None,
  **_,
) -> drawing.Draws:
  return drawing.draw(
    batch.targets,
    batch.seed,
    output_size=output_size,
    jitter=jitter,
    source_jitter=source_jitter,
    composition=composition or copy_paste,
    sources=batch.sources,
  )


def form_on_devices() -> str:
  """Returns the form of `augment.augment` for the devices that train.

  Returns:
    `dense` if the strategy in scope computes on GPUs or TPUs, else `blocks`.
    Without a strategy TensorFlow chooses a GPU where there is one.
  """
  if tf.distribute.has_strategy():
    devices = tf.distribute.get_strategy().extended.worker_devices
  else:
    devices = [x.name for x in tf.config.list_logical_devices('GPU')]
  kinds = {tf.DeviceSpec.from_string(x).device_type for x in devices}
  return 'dense' if kinds - {'CPU'} else 'blocks'


def batch_seed(seed: int, index: tf.Tensor) -> tf.Tensor:
  """Returns the `[2]` int32 seed of the batch with the given index."""
  return tf.stack([tf.constant(seed, tf.int32), tf.cast(index, tf.int32)])


def _numbered(dataset, first, every):
  """Pairs elements with unique numbers.

  The numbers are a dataset source by themselves, so a tf.data service gives its
  workers different numbers.
  """
  return tf.data.Dataset.zip(
    tf.data.Dataset.range(first, 2**62, every), dataset
  )
