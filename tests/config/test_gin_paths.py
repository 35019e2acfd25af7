"""Gin files: searched beside the including file, then among the recipes."""

import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from copypaste_tf.config import gin_paths
from copypaste_tf.config.config_types import ConfigError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  return tmp_path


def touch(path):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.touch()
  return str(path)


def test_a_name_is_a_path_or_a_recipe(folder):
  recipe = os.path.join(gin_paths.recipe_folder(), 'smoke.gin')
  for name in ('smoke', 'smoke.gin', 'configs/smoke', 'configs/smoke.gin'):
    assert gin_paths.find(name) == recipe
  touch(folder / 'smoke.gin')
  assert gin_paths.find('smoke') == 'smoke.gin'
  with pytest.raises(ConfigError, match="'smoek'; did you mean 'smoke'"):
    gin_paths.find('smoek')


def test_an_include_is_looked_up_from_the_including_file_first(folder):
  including = str(folder / 'sub/configs/other.gin')
  recipe = os.path.join(gin_paths.recipe_folder(), 'smoke.gin')
  assert gin_paths.find('smoke', including) == recipe
  touch(folder / 'smoke.gin')
  assert gin_paths.find('smoke', including) == 'smoke.gin'
  above = touch(folder / 'sub/smoke.gin')
  assert gin_paths.find('smoke', including) == above
  beside = touch(folder / 'sub/configs/smoke.gin')
  assert gin_paths.find('smoke', including) == beside
  assert gin_paths.find('configs/smoke', including) == beside


def test_package_includes_win_over_a_folder_named_configs(folder):
  touch(folder / 'configs/base.gin')
  touch(folder / 'base.gin')
  smoke = gin_paths.find('smoke')
  base = os.path.join(gin_paths.recipe_folder(), 'base.gin')
  assert gin_paths.find('configs/base.gin', smoke) == base
  # On the command line, the path means the file in the working directory.
  assert gin_paths.find('configs/base.gin') == 'configs/base.gin'


def test_another_package_named_configs_hides_no_recipe(folder):
  touch(folder / 'configs/__init__.py')
  package = os.path.dirname(gin_paths.recipe_folder())
  script = """
    import configs
    from copypaste_tf.config import gin_paths
    print(configs.__file__)
    print(gin_paths.find('smoke'))
  """
  done = subprocess.run(
    [sys.executable, '-c', textwrap.dedent(script)],
    env=os.environ | {'PYTHONPATH': f'{folder}{os.pathsep}{package}'},
    capture_output=True,
    text=True,
    check=True,
  )
  theirs, ours = done.stdout.split()
  assert theirs == str(folder / 'configs/__init__.py')
  assert ours == os.path.join(gin_paths.recipe_folder(), 'smoke.gin')


@pytest.mark.parametrize('place', ['copypaste_tf/configs', 'configs'])
def test_recipes_lie_in_the_package_or_beside_it(folder, monkeypatch, place):
  (folder / 'copypaste_tf').mkdir()
  monkeypatch.setattr(gin_paths, '_PACKAGE', str(folder / 'copypaste_tf'))
  with pytest.raises(ConfigError, match='expected the recipes in .*configs'):
    gin_paths.find('smoke')
  # A folder of another project has no base.gin.
  touch(folder / 'copypaste_tf/configs/__init__.py')
  shutil.rmtree(folder / place, ignore_errors=True)
  touch(folder / place / 'base.gin')
  assert gin_paths.recipe_folder() == str(folder / place)


def test_paths_are_displayed_short(folder):
  assert gin_paths.display(str(folder / 'a/b.gin')) == 'a/b.gin'
  assert gin_paths.display(gin_paths.find('smoke')) == 'configs/smoke.gin'
  assert gin_paths.display('/elsewhere/x.gin') == '/elsewhere/x.gin'


def test_an_include_may_be_written_as_on_windows(folder):
  assert gin_paths.find('configs\\smoke.gin') == gin_paths.find('smoke')


def test_a_folder_is_no_recipe(tmp_path):
  with pytest.raises(ConfigError, match='got the folder'):
    gin_paths.find(str(tmp_path))
