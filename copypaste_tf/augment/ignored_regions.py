"""Takes the boxes of ignored objects to the output grid.

An ignored object is neither a label nor background: a crowd, or an object that
a teacher half believes in. It is not pasted. Its box stays whole under pasted
objects: whatever is visible near it may still be a part of it.
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
    sources: separate scenes to paste from, if there are.
    owners: `[b, h, w]` uint8 owners of the pixels of the examples. The regions
      of a source that owns a pixel are seen, too; None if no source is seen
      besides its objects.

  Returns:
    `Regions`, or `ABSENT` if the scenes do not tell what is ignored.
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
  """Makes padding of all regions but those that are seen."""
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
