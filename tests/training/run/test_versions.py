"""The environment of a run is described."""

from copypaste_tf.training.run import versions


def test_the_description_has_packages_machine_and_command():
  described = versions.describe('mirrored')
  assert described['strategy'] == 'mirrored'
  assert described['packages'] == versions.packages()
  assert described['command'] and described['python'] and described['cpus']


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
  monkeypatch.setattr(versions, 'PACKAGES', ('numpy', 'no-such-package'))
  packages = versions.packages()
  assert packages['numpy'] and packages['no-such-package'] is None
