"""Lists the problems of a changed recipe as `check` prints them."""

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


def problems_of(
  params=(),
  *,
  mode='train_and_eval',
  data=False,
  recipe='smoke',
  resumes=False,
):
  """Returns the descriptions of the problems of a recipe.

  Args:
    params: lines of gin that change the recipe.
    mode: as in `train --mode`.
    data: whether missing records are problems.
    recipe: name of the recipe.
    resumes: whether the run has a checkpoint of its own.
  """
  resolved = gin_config.load([recipe], params)
  findings = config_checks.examine(
    resolved.params, mode=mode, missing_data=not data, initialises=not resumes
  )
  return [config_checks.describe(p, resolved) for p in findings.problems]
