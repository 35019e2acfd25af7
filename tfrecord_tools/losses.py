"""Decides when a conversion lost too much to count as a success."""

from collections.abc import Iterator, Mapping
from typing import Any

# These repeat what is there; nothing is lost with them.
_HARMLESS = (
  'duplicate_image_id',
  'duplicate_annotation_id',
  'repeated_object',
)
_COUNTED_AS_IMAGES = ('image_dropped',)


def problems(
  manifest: Mapping[str, Any], *, max_dropped: float
) -> Iterator[str]:
  """Yields a sentence for each loss that is too large.

  Args:
    manifest: the manifest of the conversion.
    max_dropped: fraction of the images, and of the annotations, that may be
      dropped for each reason. 1 accepts everything.
  """
  empty = not manifest['counts']['annotations']['in']
  # A test set has no list of annotations; an empty one is a mistake.
  if empty and manifest.get('labelled', True) and max_dropped < 1:
    yield (
      'there are no annotations, so that nothing can be learned from the '
      'records. If images without labels are meant, pass --max_dropped=1.'
    )
  for kind, counts in manifest['counts'].items():
    taken = counts['in'] - counts['not_selected']
    # One image is no sign of a fault that concerns them all.
    least = 1 if kind == 'images' else 0
    accepted = max_dropped == 1 and kind == 'annotations'
    if taken and not counts['written'] and not accepted:
      yield f'no {kind[:-1]} of {taken} could be converted.'
    # Faults of the whole source weigh by the part of it that was selected.
    source = manifest.get('dropped_in_source', {}).get(kind, {})
    total = sum(source.values())
    part_left = counts['not_selected'] / max(1, counts['in'] - total)
    largest = max(least, max_dropped * (taken - part_left * total))
    for reason, count in sorted(manifest['dropped'][kind].items()):
      if reason in _HARMLESS or reason in _COUNTED_AS_IMAGES:
        continue
      if count - part_left * source.get(reason, 0) > largest:
        yield (
          f'{count} of {taken} {kind} were dropped: {reason}'
          f'{_example(manifest, reason)}.'
        )
  yield from _doubtful_masks(manifest, max_dropped)


def _doubtful_masks(
  manifest: Mapping[str, Any], max_dropped: float
) -> Iterator[str]:
  """Yields a sentence if many masks lie on the wrong pixels."""
  written = manifest['counts']['annotations']['written']
  apart = manifest['notes'].get('boxes_unlike_masks', 0)
  if apart > max_dropped * written:
    yield (
      f'{apart} of {written} masks do not lie where their boxes are; x and y '
      'of the masks may be swapped, rows and columns of an RLE may be, or the '
      f'coordinates may be no pixels{_note_example(manifest)}.'
    )
  empty = manifest['notes'].get('objects_without_pixels', 0)
  if empty > max_dropped * written:
    yield (
      f'{empty} of {written} masks have no pixel; their coordinates may not be '
      'pixels of the image.'
    )


def advice(max_dropped: float) -> str:
  """Returns what to do about the problems.

  Args:
    max_dropped: the part that was allowed.
  """
  return (
    f'More than --max_dropped={max_dropped:g} is lost. The records and the '
    'manifest are written. Fix the source, or accept the loss with '
    '--max_dropped=1; the same command then converts nothing again.'
  )


def _example(manifest: Mapping[str, Any], reason: str) -> str:
  examples = manifest['dropped']['examples'].get(reason)
  if not examples:
    return ''
  return ', such as {place}: {detail}'.format(**examples[0])


def _note_example(manifest: Mapping[str, Any]) -> str:
  example = manifest.get('note_examples', {}).get('boxes_unlike_masks')
  return ', as {place}: {detail}'.format(**example) if example else ''
