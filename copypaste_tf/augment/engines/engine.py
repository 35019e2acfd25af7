"""Declares the operations that every engine offers."""

from typing import NamedTuple, Protocol

import tensorflow as tf

from copypaste_tf.augment.labels.extents import Extent
from copypaste_tf.augment.pixels.resampling import Linear, Nearest


class SampleImage(Protocol):
  """Resamples images between pixels; see `resampling.Linear`."""

  def __call__(
    self,
    image: tf.Tensor,
    rows: Linear,
    columns: Linear,
    *,
    covered: tf.Tensor,
    dtype: tf.DType,
    normalize: bool,
  ) -> tf.Tensor:
    """Resamples images.

    Args:
      image: `[b, h, w, 3]` uint8 RGB.
      rows: `[b, H]` pixels in [0, h), with weights.
      columns: `[b, W]` pixels in [0, w), with weights.
      covered: `[b, 2]` int32, height and width in pixels of the part of the
        canvas that the image covers, from the top left.
      dtype: float32, or uint16 for the bits of bfloat16.
      normalize: whether to normalise, see `normalization`.

    Returns:
      `[b, H, W, 3]` of `dtype`, 0 outside of the image.
    """


class SamplePlanes(Protocol):
  """Resamples id planes at the nearest pixels; see `resampling.Nearest`."""

  def __call__(
    self,
    planes: tf.Tensor,
    rows: Nearest,
    columns: Nearest,
    *,
    covered: tf.Tensor,
    used: tf.Tensor,
  ) -> tf.Tensor:
    """Resamples id planes.

    Args:
      planes: `[b, l, h, w]` uint8.
      rows: `[b, H]` pixels in [0, h).
      columns: `[b, W]` pixels in [0, w).
      covered: `[b, 2]` int32, see `SampleImage`.
      used: `[b, l]` bool, the planes to resample; the others become empty.

    Returns:
      `[b, l, H, W]` uint8, 0 outside of the image.
    """


class Measure(Protocol):
  """Measures the area and the tight box of each instance."""

  def __call__(
    self, planes: tf.Tensor, ids: tf.Tensor, *, size: tf.Tensor | None = None
  ) -> Extent:
    """Measures instances.

    Args:
      planes: `[b, l, h, w]` uint8 id planes.
      ids: `[b, n]` int32.
      size: `[b, 2]` int32, height and width in pixels outside of which the
        planes are empty; the whole canvas by default.

    Returns:
      The extents within the engine's blocks of rows, which `extents.join`
      joins; zeros for id 0.
    """


class Remeasure(Protocol):
  """Updates extents after the target has lost some pixels."""

  def __call__(
    self,
    planes: tf.Tensor,
    ids: tf.Tensor,
    owners: tf.Tensor,
    before: Extent,
    covers: tf.Tensor | None = None,
  ) -> Extent:
    """Measures the pixels that the target still owns.

    Args:
      planes: `[b, l, h, w]` uint8 id planes.
      ids: `[b, n]` int32, those that were measured, or 0 to drop one.
      owners: `[b, h, w]` uint8, see `TrainScenes`.
      before: the result of this engine's `measure`.
      covers: `[b, m, 4]` int32 boxes in pixels that together hold every lost
        pixel; by default lost pixels may lie anywhere.

    Returns:
      The extents within blocks, as `measure` returns them.
    """


class PasteOwners(Protocol):
  """Makes the source own the pixels of the instances to paste."""

  def __call__(
    self,
    planes: tf.Tensor,
    ids: tf.Tensor,
    chosen: tf.Tensor,
    boxes: tf.Tensor,
    partner: tf.Tensor | None = None,
  ) -> tf.Tensor:
    """Finds the owner of each pixel.

    Args:
      planes: `[b, l, h, w]` uint8 id planes of the sources.
      ids: `[b, n]` int32.
      chosen: `[b, n]` bool, the instances to paste.
      boxes: `[b, n, 4]` int32 boxes in pixels that hold every pixel of the
        instances; an engine need not read pixels outside of them.
      partner: `[b]` int32 in [0, b), the image whose planes hold the instances
        of image i; by default image i itself.

    Returns:
      `[b, h, w]` uint8: `SOURCE` in the union of the masks, `TARGET` elsewhere.
    """


class Paste(Protocol):
  """Writes the pixels that the sources own over the targets."""

  def __call__(
    self,
    owners: tf.Tensor,
    targets: tf.Tensor,
    sources: tf.Tensor,
    *,
    partner: tf.Tensor | None,
    covers: tf.Tensor,
    used: tf.Tensor,
    read: tf.Tensor,
  ) -> tf.Tensor:
    """Pastes layers of pixels.

    Args:
      owners: `[b, h, w]` uint8, `TARGET` or `SOURCE`.
      targets: `[b, l, h, w, ...]` of 1, 2 or 4 bytes, `l` layers of an image.
      sources: `[b, l, h, w, ...]` of the same dtype; with `partner`, the
        targets themselves.
      partner: `[b]` int32 in [0, b), a permutation: target `i` takes pixels
        from image `partner[i]` of the sources; if None, from image `i`.
      covers: `[b, n, 4]` int32 boxes in pixels that together hold every pixel
        of the sources.
      used: `[b, l]` bool, the layers to paste; the others stay the targets'.
      read: `[...]` int32 of at least 0, the last result that was computed from
        the targets. An engine that pastes in place does so afterwards.

    Returns:
      `[b, l, h, w, ...]` of the same dtype, each pixel from its owner.
    """


class Engine(NamedTuple):
  """One form of all operations on whole images.

  Attributes:
    sample_image: see `SampleImage`.
    sample_planes: see `SamplePlanes`.
    measure: see `Measure`.
    remeasure: see `Remeasure`.
    paste_owners: see `PasteOwners`.
    paste: see `Paste`.
  """

  sample_image: SampleImage
  sample_planes: SamplePlanes
  measure: Measure
  remeasure: Remeasure
  paste_owners: PasteOwners
  paste: Paste
