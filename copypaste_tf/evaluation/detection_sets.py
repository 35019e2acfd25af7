"""Joins sets of detections, and chooses among those of a set."""

import dataclasses
from collections.abc import Iterable

import numpy as np

from copypaste_tf.evaluation.detections import Detections, from_results


def take(detections: Detections, indices: np.ndarray) -> Detections:
  """Returns some of the detections.

  Args:
    detections: n detections.
    indices: `[m]` integer in `[0, n)`.

  Returns:
    m detections, in the order of the indices.
  """
  taken = Detections(
    *(
      getattr(detections, name)[indices]
      for name in ('image_ids', 'category_ids', 'boxes', 'scores')
    )
  )
  if detections.counts is None:
    return taken
  ends = detections.ends[indices]
  starts = np.where(indices > 0, detections.ends[indices - 1], 0)
  pieces = zip(starts.tolist(), ends.tolist(), strict=True)
  return dataclasses.replace(
    taken,
    sizes=detections.sizes[indices],
    counts=b''.join(detections.counts[a:b] for a, b in pieces),
    ends=np.cumsum(ends - starts),
  )


def best(groups: np.ndarray, found: Detections, limit: int) -> np.ndarray:
  """Returns which detections are among the best of their group.

  Args:
    groups: `[n]` integer, the group of each detection.
    found: n detections. Of equal scores the smaller image id is better, then
      the earlier detection.
    limit: number of detections of a group.

  Returns:
    `[n]` bool.
  """
  order = np.lexsort((found.image_ids, -found.scores, groups))
  ordered = groups[order]
  ranks = np.arange(len(order)) - np.searchsorted(ordered, ordered)
  among = np.zeros(len(order), bool)
  among[order] = ranks < limit
  return among


def concat(batches: Iterable[Detections]) -> Detections:
  """Joins detections in their order.

  Args:
    batches: detections, all with masks or all without; those of length 0 count
      as either.

  Returns:
    All of them; without any batch, n is 0.

  Raises:
    ValueError: some have masks and others have none.
  """
  batches = [batch for batch in batches if len(batch)]
  if not batches:
    return from_results([])
  joined = Detections(
    *(
      np.concatenate([getattr(batch, name) for batch in batches])
      for name in ('image_ids', 'category_ids', 'boxes', 'scores')
    )
  )
  with_masks = [batch for batch in batches if batch.counts is not None]
  if not with_masks:
    return joined
  if len(with_masks) < len(batches):
    raise ValueError(
      f'{len(with_masks)} of {len(batches)} batches have masks; either all or '
      'none must have them.'
    )
  starts = np.cumsum([0, *(len(batch.counts) for batch in batches[:-1])])
  shifted = [b.ends + start for b, start in zip(batches, starts, strict=True)]
  return dataclasses.replace(
    joined,
    sizes=np.concatenate([batch.sizes for batch in batches]),
    counts=b''.join(batch.counts for batch in batches),
    ends=np.concatenate(shifted),
  )


def blank(detections: Detections, masked: np.ndarray) -> Detections:
  """Returns detections without the pixels of some masks.

  Args:
    detections: n detections with masks.
    masked: `[n]` bool, the masks that stay. The RLE of the others is empty,
      which no library reads as a mask; nothing may look at them.
  """
  lengths = np.diff(detections.ends, prepend=0)
  kept = take(detections, np.flatnonzero(masked))
  return dataclasses.replace(
    detections, counts=kept.counts, ends=np.cumsum(np.where(masked, lengths, 0))
  )


def repetitions(detections: Detections) -> int:
  """Returns how many detections repeat another one.

  It has the same image, category, score and box; masks are not compared.
  """
  columns = [
    detections.image_ids,
    detections.category_ids,
    detections.scores,
    *detections.boxes.T,
  ]
  order = np.lexsort(columns)
  same = np.ones(max(len(order) - 1, 0), bool)
  for column in columns:
    ordered = column[order]
    same &= ordered[1:] == ordered[:-1]
  return int(same.sum())
