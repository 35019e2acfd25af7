"""Where gin files lie, and how they are named to a person."""

import importlib.util
import os

from copypaste_tf.config.config_types import ConfigError, nearest


def find(name: str, beside: str | None = None) -> str:
  """Returns the path of a gin file.

  Args:
    name: a path, with or without `.gin`; tried as it is, then beside the file
      that includes it, then as a path or recipe of the package `configs`.
    beside: the including file.

  Raises:
    ConfigError: there is no such file.
  """
  recipes = _recipes()
  folders = ['', recipes, os.path.dirname(recipes)]
  if beside:
    folders.insert(1, os.path.dirname(beside))
  for folder in folders:
    for path in (
      os.path.join(folder, name),
      os.path.join(folder, name) + '.gin',
    ):
      if os.path.isfile(path):
        return path
  known = [f for f in os.listdir(recipes) if f.endswith('.gin')]
  hint = nearest(os.path.basename(name), [f'configs/{f}' for f in known])
  # A short name is far from every path.
  hint = hint or nearest(name, [f.removesuffix('.gin') for f in known])
  raise ConfigError(f'no gin file {name!r}{hint}')


def display(path: str) -> str:
  """Returns a path as a person would name it, such as `configs/base.gin`."""
  for start in (os.curdir, os.path.dirname(_recipes())):
    relative = os.path.relpath(path, start)
    if not relative.startswith(os.pardir):
      return relative
  return path


def _recipes() -> str:
  """Returns the folder of the package `configs`."""
  return os.path.dirname(importlib.util.find_spec('configs').origin)
