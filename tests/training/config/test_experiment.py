"""The config tree: one declaration of the knobs, the paper's defaults."""

import dataclasses
import inspect

import gin
import pytest

from copypaste_tf.augment import options
from copypaste_tf.inputs import data_config
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import experiment


def resolve():
  return experiment.experiment()


@pytest.mark.parametrize('name', ['ScaleJitter', 'CopyPaste'])
def test_knobs_are_declared_once(name):
  config = getattr(data_config, name)()
  option = getattr(options, name)()
  knobs = config.as_dict()
  # The records decide about it, which the option does not know.
  knobs.pop('class_weight_power', None)
  assert knobs == dataclasses.asdict(option)
  assert getattr(options, name)(**knobs) == option


def test_the_defaults_are_the_papers():
  params = resolve()
  sgd = params.trainer.optimizer_config
  assert params.task.train_data.global_batch_size == 256
  assert sgd.optimizer.sgd.momentum == 0.9
  assert sgd.learning_rate.stepwise.values == [0.32, 0.032, 0.0032, 0.00032]
  assert sgd.learning_rate.stepwise.boundaries == [243_000, 256_500, 263_250]
  assert sgd.warmup.linear.warmup_learning_rate == 0.0032
  assert sgd.warmup.linear.warmup_steps == 1000
  assert params.task.losses.l2_weight_decay == 4e-5
  norm = params.task.model.norm_activation
  assert (norm.use_sync_bn, norm.norm_momentum, norm.norm_epsilon) == (
    True,
    0.997,
    1e-4,
  )
  jitter = params.task.train_data.jitter
  assert (jitter.min_scale, jitter.max_scale) == (0.1, 2.0)


def test_gin_reaches_every_part():
  gin.parse_config("""
    ScaleJitter.min_scale = 0.8
    source/ScaleJitter.min_scale = 0.4
    TrainData.source_jitter = @source/ScaleJitter()
    TrainData.copy_paste = @CopyPaste()
    CopyPaste.subset = 'one'
    AnchorTargets.batch_size_per_image = 64
    model.overrides = {'rpn_head': {'num_convs': 1}}
    runtime.xla = True
    experiment.log_every = 7
  """)
  params = resolve()
  data = params.task.train_data
  assert (data.jitter.min_scale, data.source_jitter.min_scale) == (0.8, 0.4)
  assert data.copy_paste.subset == 'one'
  assert params.task.anchor_targets.batch_size_per_image == 64
  assert params.task.model.rpn_head.num_convs == 1
  assert params.runtime.enable_xla
  assert params.trainer.steps_per_loop == params.trainer.summary_interval == 7


def test_every_configurable_is_documented():
  everything = experiment.configurables(registry.DEFAULT)
  for name, configurable in everything.items():
    document = inspect.getdoc(configurable)
    if name in ('ScaleJitter', 'CopyPaste'):
      document += inspect.getdoc(getattr(options, name))
    known = set(inspect.signature(configurable).parameters)
    for parameter in known - {'default_params', 'restrictions'} - BASE_FIELDS:
      assert f'{parameter}:' in document, f'{name}.{parameter}'


# Fields of Model Garden's TaskConfig that every task has.
BASE_FIELDS = {'name', 'differential_privacy_config', 'allow_image_summary'}
