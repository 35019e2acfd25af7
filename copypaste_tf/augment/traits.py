"""Reads the traits of a composition from its options.

A trait is an attribute of the options class. Each function here reads one, and
returns a default for a class that lacks it.
"""

from typing import Any


def shows_sources(options: Any) -> bool:
  """Tells whether an example shows more of a source than its pasted objects.

  If so, and if the source owns a pixel of the example, the ignored regions of
  the source are ignored in the example, too.

  Args:
    options: options of a registered composition, or None for no composition.

  Returns:
    The attribute `shows_sources` of the options; False if they have none, as
    those of Copy-Paste.
  """
  return getattr(options, 'shows_sources', False)


def needs_masks(options: Any) -> bool:
  """Tells whether scenes of boxes alone cannot be composed.

  Args:
    options: options of a registered composition.

  Returns:
    The attribute `needs_masks` of the options; True if they have none.
  """
  return getattr(options, 'needs_masks', True)


def weighs_labels(options: Any) -> bool:
  """Tells whether the losses read `TrainScenes.weights`.

  Args:
    options: options of a registered composition, or None for no composition.

  Returns:
    The attribute `weighs_labels` of the options; False if they have none: all
    labels weigh 1.
  """
  return getattr(options, 'weighs_labels', False)


def statistics(options: Any) -> tuple[str, ...]:
  """Returns the names of a composition's own statistics.

  Args:
    options: options of a registered composition, or None for no composition.

  Returns:
    The attribute `statistics` of the options, keys of `TrainScenes.statistics`
    of the form `NAME/...`; empty if they have none.
  """
  return getattr(options, 'statistics', ())
