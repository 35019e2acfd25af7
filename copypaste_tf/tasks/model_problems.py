"""Finds mistakes in the config of any model with a backbone and a pyramid."""

from collections.abc import Iterator, Sequence

from official.modeling import hyperparams

from copypaste_tf.config import config_types
from copypaste_tf.config.config_types import Problem
from copypaste_tf.modeling import parts
from copypaste_tf.tasks.config import BaseConfig

# Fields of the config that each of our models reads; a dot at the end stands
# for all fields of that branch.
READ = (
  'num_classes',
  'input_size',
  'min_level',
  'max_level',
  'backbone.type',
  'backbone.resnet.model_id',
  'backbone.resnet.depth_multiplier',
  'backbone.efficientnet.',
  'decoder.type',
  'decoder.fpn.num_filters',
  'decoder.nasfpn.num_filters',
  'decoder.nasfpn.num_repeats',
  'decoder.nasfpn.use_separable_conv',
  'norm_activation.use_sync_bn',
  'norm_activation.norm_momentum',
  'norm_activation.norm_epsilon',
)
_MODEL = 'task.model.'


def sizes(model: hyperparams.Config) -> Iterator[Problem]:
  """Finds an input size or levels that a pyramid cannot have.

  Args:
    model: a config with `input_size`, `min_level` and `max_level`.
  """
  size, stride = model.input_size[:2], 2**model.max_level
  if any(side < 1 or side % stride for side in size) or len(size) != 2:
    yield Problem(
      _MODEL + 'input_size',
      f'height and width must be multiples of {stride} (2 to the coarsest '
      f'level, {model.max_level}), got {list(size)}',
    )
  if model.min_level > model.max_level:
    yield Problem(
      _MODEL + 'min_level',
      f'expected at most max_level {model.max_level}, got {model.min_level}',
    )


def unread(
  model: hyperparams.Config, default: hyperparams.Config, read: Sequence[str]
) -> Iterator[Problem]:
  """Finds values that differ from the defaults but are not read.

  Args:
    model: a config with Model Garden's `backbone` and `decoder`.
    default: the config of the same class without any change.
    read: paths of the fields that are read; a dot at the end stands for all
      fields of that branch.
  """
  usual = default.replace(
    backbone={'type': model.backbone.type},
    decoder={'type': model.decoder.type},
  )
  expected = config_types.flatten(usual.as_dict())
  for path, value in config_types.flatten(model.as_dict()).items():
    if path.startswith(tuple(read)) or value == expected.get(path):
      continue
    yield Problem(
      _MODEL + path,
      f'is not read by the model, which has {expected.get(path)!r}; got '
      f'{value!r}',
    )


def unknown_parts(task: BaseConfig) -> Iterator[Problem]:
  """Finds names of parts that no model has."""
  for field in ('init_checkpoint_modules', 'frozen'):
    try:
      parts.expand(getattr(task, field))
    except ValueError as error:
      yield Problem(f'task.{field}', str(error))
