"""Maps the boxes of ignored objects to the output grid.

An ignored object is neither a label nor background: a crowd, or a detection of
a teacher with a medium score. It is not pasted. Its box stays whole under
pasted objects: whatever is visible near it may still be a part of it.
"""

import tensorflow as tf

from copypaste_tf.augment import warp
from copypaste_tf.augment.drawing import Draws
from copypaste_tf.augment.draws import pairing
from copypaste_tf.augment.draws.jitter import Jitter
from copypaste_tf.examples import ABSENT, Regions, Scenes, is_owner


def visible(
  scenes: Scenes,
  draws: Draws,
  *,
  output_size: tuple[int, int],
  max_ignored: int,
  sources: Scenes | None = None,
  owners: tf.Tensor | None = None,
) -> Regions | tuple[()]:
  """Returns the ignored regions of a batch of training examples.

  Args:
    scenes: the targets, a batch of `b` decoded scenes.
    draws: the random decisions for this batch.
    output_size: height and width of the canvas, pixels.
    max_ignored: number `i` of regions of an example; the largest are kept.
    sources: separate scenes to paste from; None if the targets are the sources.
    owners: `[b, h, w]` uint8 owners of the pixels of the examples. If a source
      owns a pixel, the regions of that source are added. None if a source
      shows nothing but its pasted objects, as with Copy-Paste.

  Returns:
    `Regions`, or `ABSENT` if the scenes do not state which objects are ignored.
  """
  if scenes.ignored is ABSENT:
    return ABSENT
  regions = _warped(scenes, draws.targets, output_size)
  if owners is not None:
    of_sources = _of_sources(scenes, regions, draws, output_size, sources)
    seen = tf.reduce_any(is_owner(owners, of_source=True), axis=[1, 2])
    of_sources = _where(seen[:, tf.newaxis], of_sources)
    regions = tf.nest.map_structure(
      lambda *x: tf.concat(x, axis=1), regions, of_sources
    )
  return _largest(regions, max_ignored)


def _of_sources(scenes, regions, draws, output_size, sources) -> Regions:
  """Returns the regions of the source of each example."""
  if draws.sources is None:
    return pairing.take(regions, draws.partner)
  if sources is None:
    sources = pairing.take(scenes, draws.partner)
  return _warped(sources, draws.sources, output_size)


def _warped(scenes: Scenes, jitter: Jitter, output_size) -> Regions:
  """Returns a region for each of the `n` objects; zeros unless ignored."""
  boxes = warp.warp_boxes(scenes, jitter, output_size=output_size)
  return _where(scenes.ignored, Regions(boxes, scenes.crowd))


def _where(seen, regions: Regions) -> Regions:
  """Replaces the regions that are not `seen` by padding."""
  return Regions(
    tf.where(seen[..., tf.newaxis], regions.boxes, 0.0), regions.crowd & seen
  )


def _largest(regions: Regions, count: int) -> Regions:
  """Keeps the largest regions; those without area become padding."""
  sides = regions.boxes[..., 2:] - regions.boxes[..., :2]
  areas = sides[..., 0] * sides[..., 1]
  areas, rows = tf.math.top_k(areas, min(count, areas.shape[1]))
  largest = Regions(*(tf.gather(x, rows, batch_dims=1) for x in regions))
  return _where(areas > 0, largest)
