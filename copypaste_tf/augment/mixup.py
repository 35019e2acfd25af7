"""Mixup of two images with all their objects (Zhang et al. 2019).

Z. Zhang et al., "Bag of Freebies for Training Object Detection Neural
Networks": both images lie at the top left of one canvas, neither is scaled or
cropped to fit the other, their pixels are averaged, and the labels are those of
both. Copy-Paste is compared with it in Figure 5.
"""

import dataclasses
from typing import ClassVar

import tensorflow as tf

from copypaste_tf.augment import engines, joining, occlusion
from copypaste_tf.augment.canvas import Canvas
from copypaste_tf.augment.draws import pairing, random, shares
from copypaste_tf.augment.draws.selection import Selection
from copypaste_tf.augment.engines import Engine
from copypaste_tf.augment.labels import id_planes
from copypaste_tf.augment.occlusion import Remains
from copypaste_tf.examples import IDS_PER_PLANE, SOURCE, TARGET, TrainScenes

# A fainter image moves no pixel of 8 bits by a whole step.
_LEAST_SHARE = 1 / 256


@dataclasses.dataclass
class Mixup:
  """Options of mixup: how strongly, how often, and how labels weigh.

  Attributes:
    alpha: the share of the target is drawn from `Beta(alpha, alpha)`, alpha in
      `shares.ALPHAS`: 1.5 in Zhang et al. 2019, 1 is uniform; the paper states
      none.
    probability: chance that an image is mixed at all, in [0, 1]; 1 in Zhang et
      al. 2019.
    loss_weights: whether the losses of a label are multiplied by the share of
      its image, in the RPN, the classes, the boxes and the masks. The divisors
      of the losses still count each label once, and background weighs 1. False
      gives all labels the weight 1, as published detectors of two stages do:
      they carry the share along and never use it.
  """

  alpha: float = 1.5
  probability: float = 1.0
  loss_weights: bool = False

  blends: ClassVar[bool] = True
  shares_warp: ClassVar[bool] = True
  shows_sources: ClassVar[bool] = True
  needs_masks: ClassVar[bool] = False
  statistics: ClassVar[tuple[str, ...]] = (
    'mixup/images_mixed',
    'mixup/target_share',
  )

  @property
  def weighs_labels(self) -> bool:
    """Returns True if `TrainScenes.weights` are to be used."""
    return self.loss_weights

  def check(self) -> None:
    """Raises ValueError if an option is out of its range."""
    low, high = shares.ALPHAS
    if not low <= self.alpha <= high:
      raise ValueError(
        f'Mixup.alpha, of Beta(alpha, alpha), must be {low:g} to {high:g}, '
        f'got {self.alpha}.'
      )
    random.check_probability('Mixup.probability', self.probability)


def mixup(
  targets: Canvas,
  sources: Canvas,
  seed: tf.Tensor | shares.Bits,
  *,
  options: Mixup,
  max_instances: int,
  partner: tf.Tensor | None = None,
  engine: Engine = engines.BLOCKS,
) -> TrainScenes:
  """Averages each target with its source, and joins their labels.

  Mixes no images of equal `source_id`: an image would repeat its own objects.
  Keeps the largest labels of both images if they are more than `max_instances`.
  An image whose share is below 1/256 gives no labels, since it is invisible in
  8-bit pixels.

  The planes of the source follow those of the target. Objects keep their
  pixels where they overlap, because both images own the pixels of a mixed one.

  Args:
    targets: `b` scenes on the output grid, with float32 images.
    sources: `b` scenes on the same grid, the i-th for the i-th target; with
      `partner`, the targets themselves.
    seed: `[2]` int32 or int64, or the `shares.bits` of a seed.
    options: see `Mixup`.
    max_instances: number of labels `m` that an example can hold.
    partner: `[b]` int32 in [0, b), a permutation: the i-th target is mixed
      with image `partner[i]`.
    engine: not used; nothing is measured or pasted.

  Returns:
    `TrainScenes` with twice the planes, with the statistics of `copy_paste`, in
    which the labels of the source count as pasted, and with two more, `[b]`
    float32: `mixup/images_mixed` (0 or 1), and `mixup/target_share` in [0, 1],
    1 where nothing is mixed. `size` holds both images.

  Raises:
    ValueError: if an option is out of its range, or images are not float32.
  """
  del engine
  options.check()
  if partner is not None:
    sources = pairing.take(sources, partner)
  mixed, share = _shares(targets, sources, seed, options)
  image = _blend(targets.scenes.image, sources.scenes.image, share)
  num_planes = id_planes.shape(targets.scenes.planes)[1]
  example = joining.join(
    targets,
    _renumbered(sources, num_planes * IDS_PER_PLANE),
    _labels_of_targets(targets, share),
    _labels_of_sources(sources, mixed, share),
    image=image,
    planes=tf.concat([targets.scenes.planes, sources.scenes.planes], axis=1),
    owners=_owners(image, mixed),
    max_instances=max_instances,
  )
  if options.loss_weights:
    of_label = share[:, tf.newaxis]
    of_label = tf.where(example.pasted, 1.0 - of_label, of_label)
    example = example._replace(weights=example.weights * of_label)
  return example._replace(
    size=_size(targets, sources, mixed),
    statistics=example.statistics
    | dict(zip(options.statistics, (_floats(mixed), share), strict=True)),
  )


def _shares(targets, sources, seed, options):
  """Returns `[b]` bool, the images to mix, and `[b]` shares of the targets."""
  drawn = seed
  if not isinstance(seed, shares.Bits):
    drawn = shares.bits(seed, sources.scenes.classes)
  mixed = random.happens(drawn.mixed, options.probability)
  mixed &= targets.scenes.source_id != sources.scenes.source_id
  return mixed, tf.where(mixed, shares.beta(drawn.share, options.alpha), 1.0)


def _blend(target, source, share) -> tf.Tensor:
  if target.dtype != tf.float32:
    raise ValueError(f'mixup needs float32 images, got {target.dtype.name}.')
  share = share[:, tf.newaxis, tf.newaxis, tf.newaxis]
  return share * target + (1.0 - share) * source


def _labels_of_targets(targets, share) -> Remains:
  remains = occlusion.untouched(targets)
  seen = (share >= _LEAST_SHARE)[:, tf.newaxis]
  return remains._replace(
    valid=remains.valid & seen, removed=remains.valid & ~seen
  )


def _labels_of_sources(sources, mixed, share) -> Selection:
  present = (sources.scenes.classes > 0) & mixed[:, tf.newaxis]
  chosen = present & (1.0 - share >= _LEAST_SHARE)[:, tf.newaxis]
  available, wanted = (
    tf.reduce_sum(tf.cast(x, tf.int32), axis=1) for x in (present, chosen)
  )
  return Selection(available, wanted, chosen)


def _renumbered(sources, first_id) -> Canvas:
  """Moves the ids of objects to planes after those of the targets."""
  ids = sources.scenes.ids
  ids = tf.where(ids > 0, ids + first_id, 0)
  return sources._replace(scenes=sources.scenes._replace(ids=ids))


def _owners(image, mixed) -> tf.Tensor:
  """Returns `[b, h, w]` uint8: both images own the pixels of a mixed one."""
  owners = tf.where(mixed, TARGET | SOURCE, TARGET)
  owners = tf.cast(owners, tf.uint8)[:, tf.newaxis, tf.newaxis]
  return tf.broadcast_to(owners, id_planes.shape(image)[:3])


def _size(targets, sources, mixed) -> tf.Tensor:
  """Returns `[b, 2]` int32, the smallest size that holds both images."""
  of_target = targets.scenes.size
  both = tf.maximum(of_target, sources.scenes.size)
  return tf.where(mixed[:, tf.newaxis], both, of_target)


def _floats(flags) -> tf.Tensor:
  return tf.cast(flags, tf.float32)
