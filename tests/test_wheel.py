"""The wheel is built, installed in a new environment and run."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile

import pytest
import verbs

ROOT = pathlib.Path(__file__).parents[1]
# Without PYTHONPATH, which could lead to the checkout.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
# Folder of the checkout: its folder in the wheel.
FOLDERS = {
  'copypaste_tf': 'copypaste_tf',
  'tfrecord_tools': 'tfrecord_tools',
  'configs': 'copypaste_tf/configs',
  'experiments': 'copypaste_tf/experiments',
}
# Runs verbs one after another; TensorFlow starts once.
ONE_PROCESS = """if True:
  import json, sys
  sys.path.append(sys.argv[1])
  import verbs

  if __name__ == '__main__':
    for module, *arguments in json.loads(sys.argv[2]):
      done = verbs.run_here(module, *arguments)
      print(done.stdout)
      if done.returncode:
        sys.exit(f'{module}: {done.stderr}')
"""
STEPS = [
  ['copypaste_tf.check', '--allow_missing_data', '--gin_file=mine/long'],
  [
    'tfrecord_tools.create_shapes_dataset',
    '--output_dir=build/shapes',
    '--num_train=8',
    '--num_val=1',
  ],
  [
    'tfrecord_tools.create_coco_tfrecord',
    '--image_dir=build/shapes/images',
    '--annotations=build/shapes/instances_train.json',
    '--output_prefix=build/shapes/train',
    '--num_shards=1',
  ],
  [
    *('copypaste_tf.train', '--gin_file=mine/long', '--mode=train'),
    '--gin_params=IMAGE_SIZE = (64, 64)',
    '--gin_params=BATCH_SIZE = 2',
    '--model_dir=build/smoke',
  ],
]
SUFFIXES = ('.py', '.gin', '.md', '.sh', '.html', '.css', '.ipynb')


def _run(*command, cwd):
  done = subprocess.run(
    [str(word) for word in command],
    cwd=cwd,
    env=ENVIRONMENT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert not done.returncode, f'{command}\n{done.stdout}\n{done.stderr}'
  return done.stdout


def _environment(folder, *options):
  """Makes an environment with our dependencies and the given packages.

  A .pth file in a folder named by a .pth file is not read. So an editable
  install of the checkout in our own environment stays out of sight.
  """
  environment = folder / 'environment'
  _run(sys.executable, '-m', 'venv', environment, cwd=folder)
  (site,) = environment.glob('lib/python*/site-packages')
  (site / 'dependencies.pth').write_text(sysconfig.get_paths()['purelib'])
  python = environment / 'bin/python'
  pip = [python, '-m', 'pip', 'install', '--no-deps', '--no-build-isolation']
  _run(*pip, *options, cwd=folder)
  return python


@pytest.fixture(scope='module')
def source(tmp_path_factory):
  """A copy of the checkout, because a build writes into it."""
  folder = tmp_path_factory.mktemp('source') / 'checkout'
  shutil.copytree(
    ROOT,
    folder,
    ignore=shutil.ignore_patterns('.*', 'build', 'dist', '*.egg-info'),
  )
  return folder


@pytest.fixture(scope='module')
def wheel(source, tmp_path_factory):
  folder = tmp_path_factory.mktemp('wheel')
  build = [sys.executable, '-m', 'build', '--wheel', '--no-isolation']
  _run(*build, f'--outdir={folder}', source, cwd=folder)
  (path,) = folder.glob('*.whl')
  return path


@pytest.fixture(scope='module')
def installed(wheel, tmp_path_factory):
  """The Python of an environment with the wheel."""
  folder = tmp_path_factory.mktemp('installed')
  python = _environment(folder, wheel)
  where = 'import copypaste_tf; print(copypaste_tf.__file__)'
  assert str(folder) in _run(python, '-c', where, cwd=folder)
  return python


def test_the_wheel_has_every_file_below_two_packages(wheel):
  with zipfile.ZipFile(wheel) as archive:
    inside = set(archive.namelist())
  for here, there in FOLDERS.items():
    for path in (ROOT / here).rglob('*'):
      if path.suffix in SUFFIXES:
        relative = path.relative_to(ROOT / here).as_posix()
        assert f'{there}/{relative}' in inside
  tops = {name.split('/')[0] for name in inside}
  (info,) = (top for top in tops if top.endswith('.dist-info'))
  assert tops == {'copypaste_tf', 'tfrecord_tools', info}


@pytest.fixture(scope='module')
def used(installed, tmp_path_factory):
  """A folder in which the verbs of the wheel ran, and what they printed.

  It has packages of the names of ours, and a recipe of the user that includes
  ours, which include others of ours. The steps of the training are small ones:
  other tests see to their numbers.
  """
  folder = tmp_path_factory.mktemp('used')
  for name in ('configs', 'experiments'):
    (folder / name).mkdir()
    (folder / name / '__init__.py').write_text('raise RuntimeError\n')
  (folder / 'configs/base.gin').write_text('schedule.train_steps = 1\n')
  (folder / 'mine').mkdir()
  (folder / 'mine/long.gin').write_text(
    "include 'configs/smoke.gin'\ninclude 'rate.gin'\n"
  )
  rate = 'schedule.learning_rate = 0.125\n'
  (folder / 'mine/rate.gin').write_text(rate)
  helpers = pathlib.Path(verbs.__file__).parent
  steps = json.dumps(STEPS)
  return folder, _run(installed, '-c', ONE_PROCESS, helpers, steps, cwd=folder)


@pytest.mark.slow
def test_recipes_are_found_among_packages_of_the_same_names(used):
  _, printed = used
  assert re.search(r'train_steps = 4 +# configs/smoke.gin:\d', printed)
  assert re.search(r'0\.125.*# mine/rate.gin:1', printed)
  assert '\nok\n' in printed


@pytest.mark.slow
def test_the_installed_wheel_generates_converts_and_trains(used):
  folder, printed = used
  assert 'done at step 4' in printed
  assert (folder / 'build/smoke/params.yaml').exists()


@pytest.mark.thorough
def test_an_editable_install_finds_recipes_and_experiments(source, tmp_path):
  python = _environment(tmp_path, '--editable', source)
  (tmp_path / 'configs').mkdir()
  (tmp_path / 'configs/__init__.py').touch()
  script = """if True:
    import copypaste_tf.experiments.demo
    from copypaste_tf.config import gin_paths
    print(gin_paths.find('smoke'))
    print(copypaste_tf.experiments.demo.__file__)
  """
  recipe, demo = _run(python, '-c', script, cwd=tmp_path).split()
  assert recipe == str(source / 'configs/smoke.gin')
  assert demo == str(source / 'experiments/demo.py')


@pytest.mark.thorough
def test_the_launcher_of_a_wheel_starts_its_python(installed, tmp_path):
  folder = installed.parents[1]
  (script,) = folder.glob(
    'lib/*/site-packages/copypaste_tf/experiments/launch.sh'
  )
  launch = ['env', f'PYTHON={installed}', 'bash', script, '--dry_run']
  missing = subprocess.run(
    [*launch, 'no_such_recipe', 'run'],
    cwd=tmp_path,
    env=ENVIRONMENT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert missing.stdout.startswith(f'{installed} -m copypaste_tf.train')
  assert "no gin file 'no_such_recipe'" in missing.stderr
