"""The config of how a run answers divergence."""

import dataclasses

from official.modeling import hyperparams


@dataclasses.dataclass
class Divergence(hyperparams.Config):
  """What counts as divergence, and how often a run may recover from it.

  A loss, a weight or a moving average that is not finite always counts.

  Attributes:
    explosion_factor: the mean loss of the steps between two lines of progress
      may be this many times the median of the last 20 such means, once there
      are 5; 0 lets it be any.
    max_recoveries: how often a run goes back to its last checkpoint and on
      behind the examples at fault, restarts included, before it fails.
  """

  explosion_factor: float = 10.0
  max_recoveries: int = 3
