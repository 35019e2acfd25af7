import pytest

from copypaste_tf.config import gin_paths
from copypaste_tf.config.config_types import ConfigError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  return tmp_path


def test_find_tries_the_path_then_beside_then_the_recipes(folder):
  assert gin_paths.find('smoke').endswith('configs/smoke.gin')
  (folder / 'sub').mkdir()
  (folder / 'sub/smoke.gin').touch()
  beside = gin_paths.find('smoke', str(folder / 'sub/other.gin'))
  assert beside == str(folder / 'sub/smoke.gin')
  (folder / 'smoke.gin').touch()
  assert gin_paths.find('smoke', str(folder / 'sub/other.gin')) == 'smoke.gin'
  with pytest.raises(ConfigError, match="'smoek'; did you mean 'smoke'"):
    gin_paths.find('smoek')


def test_paths_are_displayed_short(folder):
  assert gin_paths.display(str(folder / 'a/b.gin')) == 'a/b.gin'
  assert gin_paths.display(gin_paths.find('smoke')) == 'configs/smoke.gin'
  assert gin_paths.display('/elsewhere/x.gin') == '/elsewhere/x.gin'
