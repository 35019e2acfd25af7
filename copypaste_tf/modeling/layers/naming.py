"""Names layers as the published checkpoints name them."""

import collections


class LayerNames:
  """Numbers the layers of a scope as TF1 does: `x`, `x_1`, `x_2`, ...

  >>> names = LayerNames('resnet50')
  >>> names('conv2d'), names('conv2d'), names('batch_normalization')
  ('resnet50/conv2d', 'resnet50/conv2d_1', 'resnet50/batch_normalization')

  Args:
    scope: prefix of the names.
  """

  def __init__(self, scope: str):
    self._scope = scope
    self._counts = collections.Counter()

  def __call__(self, kind: str) -> str:
    """Returns the next name for a kind of layer, such as `conv2d`."""
    number = self._counts[kind]
    self._counts[kind] += 1
    return f'{self._scope}/{kind}' + (f'_{number}' if number else '')
