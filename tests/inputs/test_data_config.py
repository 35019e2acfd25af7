"""What a run reads: documented fields, gin's names, a config's round trip."""

import dataclasses
import inspect
import re

import gin
import pytest
from official.modeling import hyperparams

from copypaste_tf.augment import augment, options
from copypaste_tf.inputs import data_config
from copypaste_tf.tasks.config import BOOKKEEPING

CONFIGS = ('ScaleJitter', 'CopyPaste', 'TrainData', 'EvalData')


@pytest.mark.parametrize('name', CONFIGS)
def test_configs_are_model_gardens_and_survive_a_round_trip(name):
  config = getattr(data_config, name)()
  assert isinstance(config, hyperparams.Config)
  again = type(config)(config.as_dict())
  assert again.as_dict() == config.as_dict()


@pytest.mark.parametrize('name', ['TrainData', 'EvalData'])
def test_every_field_is_documented(name):
  config = getattr(data_config, name)
  text = inspect.getdoc(config)
  names = [
    field.name
    for field in dataclasses.fields(config)
    if field.name not in BOOKKEEPING
  ]
  assert re.findall(r'^  (\w+): ', text, re.MULTILINE) == names


def test_the_defaults_are_the_papers_and_those_of_the_op():
  data = data_config.TrainData()
  assert data.global_batch_size == 256
  assert data.copy_paste is None and data.source_jitter is None
  assert options.ScaleJitter(**data.jitter.as_dict()) == options.ScaleJitter()
  of_the_op = inspect.signature(augment).parameters
  assert data.max_instances == of_the_op['max_instances'].default
  assert data.dtype == of_the_op['dtype'].default.name


def test_two_configs_share_no_part():
  one, other = data_config.TrainData(), data_config.TrainData()
  one.jitter.min_scale = 0.7
  assert other.jitter.min_scale == 0.1


@pytest.mark.parametrize('name', CONFIGS)
def test_gin_binds_fields_but_no_bookkeeping(name):
  config = getattr(data_config, name)
  field = [f.name for f in dataclasses.fields(config)][-1]
  gin.parse_config(f'{name}.{field} = 7')
  assert getattr(config(), field) == 7
  with pytest.raises(ValueError, match='default_params'):
    gin.parse_config(f'{name}.default_params = {{}}')
