"""The problems of a recipe with changes, as `check` prints them."""

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


def problems_of(
  params=(), *, mode='train_and_eval', data=False, recipe='smoke'
):
  """Returns the described problems of a recipe with changes."""
  resolved = gin_config.load([recipe], params)
  problems = config_checks.problems(
    resolved.params, mode=mode, missing_data=not data
  )
  return [config_checks.describe(problem, resolved) for problem in problems]
