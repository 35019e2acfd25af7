"""Finds gin files by name and shortens their paths for messages."""

import os

from copypaste_tf.config.config_types import ConfigError, nearest

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find(name: str, including: str | None = None) -> str:
  """Returns the path of a gin file.

  The name of an included file is first looked up in the folder of the including
  file, then in the folder above. So `include 'configs/base.gin'` in a file of a
  folder `configs` means the file beside it. Every name is then tried as a path
  from the working directory, as a recipe of this package, and as the path of
  such a recipe, for example `configs/smoke.gin`.

  Args:
    name: a path or the name of a recipe, with or without `.gin`.
    including: path of the gin file that includes `name`, if one does.

  Raises:
    ConfigError: there is no such file.
  """
  recipes = recipe_folder()
  portable = name.replace('\\', '/')  # As Windows writes a path.
  folders = [os.curdir, recipes, os.path.dirname(recipes)]
  if including is not None:
    folder = os.path.dirname(os.path.abspath(including))
    folders = [folder, os.path.dirname(folder), *folders]
  for folder in folders:
    for candidate in (portable, f'{portable}.gin', name):
      path = os.path.normpath(os.path.join(folder, candidate))
      if os.path.isfile(path):
        return path
  if os.path.isdir(name):
    raise ConfigError(f'expected a gin file, got the folder {name!r}')
  raise ConfigError(f'no gin file {name!r}{_hint(name, recipes)}')


def display(path: str) -> str:
  """Returns a path as a person would write it, such as `configs/base.gin`."""
  for start in (os.path.dirname(recipe_folder()), os.curdir):
    relative = os.path.relpath(path, start)
    if not relative.startswith(os.pardir):
      return relative
  return path


def recipe_folder() -> str:
  """Returns the folder of our recipes.

  The folder is inside the package in a wheel, and beside the package in a
  checkout. It is not imported, because other projects use the name `configs`
  too.

  Raises:
    ConfigError: the installation has no recipes.
  """
  folders = [
    os.path.join(_PACKAGE, 'configs'),
    os.path.join(os.path.dirname(_PACKAGE), 'configs'),
  ]
  for folder in folders:
    if os.path.isfile(os.path.join(folder, 'base.gin')):
      return folder
  raise ConfigError(
    f'expected the recipes in {" or ".join(folders)}, found none; install '
    'copypaste_tf again'
  )


def _hint(name: str, recipes: str) -> str:
  """Returns a suggestion for a misspelt name, or ''."""
  names = [
    file.removesuffix('.gin')
    for file in os.listdir(recipes)
    if file.endswith('.gin')
  ]
  hint = nearest(os.path.basename(name), [f'configs/{f}.gin' for f in names])
  # A short name resembles no path.
  return hint or nearest(name, names)
