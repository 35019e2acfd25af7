"""Imports source files of peers that no package has."""

import importlib.util
import pathlib
import sys
import types
from collections.abc import Mapping


def load(
  path: pathlib.Path, imports: Mapping[str, object] | None = None
) -> types.ModuleType:
  """Runs a file as a module of its own.

  Args:
    path: the file.
    imports: modules that the file finds by these names when it imports them.

  Raises:
    FileNotFoundError: there is no such file.
  """
  if not path.is_file():
    raise FileNotFoundError(f'--scripts has no file {path.name}')
  spec = importlib.util.spec_from_file_location(path.stem, path)
  module = importlib.util.module_from_spec(spec)
  imports = imports or {}
  sys.modules.update(imports)
  try:
    spec.loader.exec_module(module)
  finally:
    for name in imports:
      del sys.modules[name]
  return module
