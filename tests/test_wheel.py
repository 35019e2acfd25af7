"""The built wheel, installed alone in a fresh environment, runs."""

import pathlib
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def _run(*command, cwd):
  done = subprocess.run(
    [str(word) for word in command],
    cwd=cwd,
    capture_output=True,
    text=True,
    check=False,
  )
  assert not done.returncode, f'{command}\n{done.stdout}\n{done.stderr}'
  return done.stdout


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
  """Builds the wheel from a copy, which leaves the checkout clean."""
  folder = tmp_path_factory.mktemp('wheel')
  source = folder / 'source'
  shutil.copytree(
    ROOT,
    source,
    ignore=shutil.ignore_patterns('.*', 'build', 'dist', '*.egg-info'),
  )
  _run(
    sys.executable,
    '-m',
    'build',
    '--wheel',
    '--no-isolation',
    f'--outdir={folder}',
    source,
    cwd=folder,
  )
  (path,) = folder.glob('*.whl')
  return path


def test_recipes_and_every_module_are_inside(wheel):
  with zipfile.ZipFile(wheel) as archive:
    inside = set(archive.namelist())
  for package in ('copypaste_tf', 'tfrecord_tools', 'configs', 'experiments'):
    for path in (ROOT / package).rglob('*'):
      if path.suffix in ('.py', '.gin', '.md', '.sh', '.html', '.css'):
        assert path.relative_to(ROOT).as_posix() in inside
  assert not any(name.startswith('tests') for name in inside)


@pytest.mark.slow
def test_the_installed_wheel_checks_and_trains(wheel, tmp_path):
  """The environment sees our dependencies, but nothing of the checkout."""
  environment = tmp_path / 'environment'
  _run(sys.executable, '-m', 'venv', environment, cwd=tmp_path)
  python = environment / 'bin/python'
  (site,) = environment.glob('lib/python*/site-packages')
  # A .pth inside of a folder named by a .pth is not read, so that an editable
  # install of the checkout stays out of sight.
  (site / 'dependencies.pth').write_text(sysconfig.get_paths()['purelib'])
  _run(python, '-m', 'pip', 'install', '--no-deps', wheel, cwd=tmp_path)
  where = 'import copypaste_tf; print(copypaste_tf.__file__)'
  assert str(environment) in _run(python, '-c', where, cwd=tmp_path)
  _run(
    python,
    '-m',
    'tfrecord_tools.create_shapes_dataset',
    '--output_dir=build/shapes',
    '--num_train=16',
    '--num_val=4',
    cwd=tmp_path,
  )
  for split in ('train', 'val'):
    _run(
      python,
      '-m',
      'tfrecord_tools.create_coco_tfrecord',
      '--image_dir=build/shapes/images',
      f'--annotations=build/shapes/instances_{split}.json',
      f'--output_prefix=build/shapes/{split}',
      '--num_shards=1',
      cwd=tmp_path,
    )
  printed = _run(
    python, '-m', 'copypaste_tf.check', '--gin_file=smoke', cwd=tmp_path
  )
  assert printed.strip().endswith('ok')
  _run(
    python,
    '-m',
    'copypaste_tf.train',
    '--gin_file=smoke',
    '--model_dir=build/smoke',
    cwd=tmp_path,
  )
  assert (tmp_path / 'build/smoke/params.yaml').exists()
