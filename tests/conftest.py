"""Fixtures of all tests: quiet TensorFlow, clean gin, the real data."""

import copy
import functools
import os
import pathlib
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
# A quarter of the time goes into optimizing code that then runs once. The same
# operations are compiled; `make thorough` and `make parity` optimize them.
os.environ.setdefault('XLA_FLAGS', '--xla_backend_optimization_level=0')
# The workers of `make test` keep all cores busy. More threads only wait for one
# another, which took a tenth of the CPU time of a training of four steps.
os.environ.setdefault('TF_NUM_INTRAOP_THREADS', '1')

import gin
import pytest

STRATEGIES = ('one_device', 'mirrored', 'tpu')


def pytest_addoption(parser):
  parser.addoption(
    '--strategy',
    choices=STRATEGIES,
    default='one_device',
    help='devices of the tests of training and evaluation steps; mirrored '
    'without GPUs takes two logical CPUs; tpu needs -n 0',
  )
  parser.addoption('--tpu', default='local', help='as of copypaste_tf.train')


def pytest_configure(config):
  if config.getoption('--strategy') == 'mirrored':
    # This must precede the start of TensorFlow by any test.
    import replica_checks

    replica_checks.split_cpu(2)


@pytest.fixture(scope='session')
def strategy(request):
  """The strategy of --strategy; fails if its devices are missing."""
  from copypaste_tf.training.config import gin_config
  from copypaste_tf.training.run import devices

  runtime = {
    'distribution_strategy': request.config.getoption('--strategy'),
    'tpu': request.config.getoption('--tpu'),
  }
  return devices.start(
    gin_config.load().params.replace(runtime=runtime)
  ).strategy


def pytest_collection_modifyitems(items):
  """Puts files with slow tests first, so that no worker has one at the end."""
  slow = {item.path for item in items if item.get_closest_marker('slow')}
  items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope='session', autouse=True)
def annotations_read_once():
  """Remembers the annotations of Model Garden's config classes.

  It reads those of a class for each value that it sets: two thirds of the time
  that a recipe takes to resolve, which hundreds of tests do.
  """
  module = sys.modules.get('official.modeling.hyperparams.base_config')
  with pytest.MonkeyPatch.context() as patch:
    if module:  # The tests that were collected have imported it, or need none.
      read = module.Config._get_annotations.__func__
      cached = classmethod(functools.cache(read))
      patch.setattr(module.Config, '_get_annotations', cached)
    yield


@pytest.fixture(scope='session', autouse=True)
def origins_traced_once():
  """Remembers the origins of equal bindings.

  A recipe takes nine tenths of its time to trace them, and tests resolve the
  same few recipes many times.
  """
  module = sys.modules.get('copypaste_tf.training.config.origins')
  with pytest.MonkeyPatch.context() as patch:
    if module:
      trace, known = module.trace, {}

      def traced(params, bindings):
        key = repr((params.as_dict(), bindings))
        if key not in known:
          known[key] = trace(params, bindings)
        return copy.deepcopy(known[key])

      patch.setattr(module, 'trace', traced)
    yield


@pytest.fixture(autouse=True)
def no_gin_left():
  """Clears the bindings of gin, which it keeps for the whole process."""
  gin.clear_config()
  yield
  gin.clear_config()


@pytest.fixture(scope='session')
def real_data() -> pathlib.Path:
  """The folder of real images; skips the test if there is none."""
  folder = os.environ.get('COPYPASTE_TF_DATA', '')
  if not folder or not pathlib.Path(folder).is_dir():
    pytest.skip(f'COPYPASTE_TF_DATA is {folder!r}, not a folder of real data')
  return pathlib.Path(folder).resolve()


@pytest.fixture(scope='session')
def coco_sample(real_data) -> pathlib.Path:
  folder = real_data / 'coco_sample'
  if not folder.is_dir():
    pytest.skip(f'{folder} is missing')
  return folder


@pytest.fixture(scope='session')
def libtpu() -> str:
  """The TPU compiler; skips the test if there is none."""
  from copypaste_tf.costs.tpu import compiler

  if path := os.environ.get('COPYPASTE_TF_LIBTPU', ''):
    return path
  try:
    return compiler.installed()
  except ValueError:
    pytest.skip('no package libtpu, and COPYPASTE_TF_LIBTPU names no library')


@pytest.fixture(scope='session')
def shapes(tmp_path_factory) -> pathlib.Path:
  """A folder with records of a few generated shapes, made by the tools."""
  # A later import than those above, because it starts TensorFlow.
  from tfrecord_tools import dataset_conversion
  from tfrecord_tools.verbs import create_shapes_dataset

  folder = tmp_path_factory.mktemp('shapes')
  create_shapes_dataset.create(
    str(folder), num_train=16, num_val=6, image_size=96, seed=0
  )
  for split in ('train', 'val'):
    dataset_conversion.convert(
      dataset_conversion.Options(
        image_dir=f'{folder}/images',
        annotations=f'{folder}/instances_{split}.json',
        output_prefix=f'{folder}/{split}',
        num_shards=2,
        num_workers=1,
      )
    )
  return folder


@pytest.fixture
def shapes_params(shapes) -> list[str]:
  """Lines of gin that set the records of a recipe to those of `shapes`."""
  return [
    f'TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
    f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
  ]
