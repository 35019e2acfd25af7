"""Names of layers as the published checkpoints have them."""

import collections


class Numbered:
  """Names layers of a scope as TF1 does: `x`, `x_1`, `x_2`, ...

  >>> names = Numbered('resnet50')
  >>> names('conv2d'), names('conv2d'), names('batch_normalization')
  ('resnet50/conv2d', 'resnet50/conv2d_1', 'resnet50/batch_normalization')
  """

  def __init__(self, scope: str):
    self._scope = scope
    self._counts = collections.Counter()

  def __call__(self, kind: str) -> str:
    """Returns the next name of a kind of layer."""
    number = self._counts[kind]
    self._counts[kind] += 1
    return f'{self._scope}/{kind}' + (f'_{number}' if number else '')
