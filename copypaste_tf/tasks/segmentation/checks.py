"""Checks the config of segmentation for impossible and unused values."""

from collections.abc import Iterator

from copypaste_tf.augment import traits
from copypaste_tf.config.config_types import Problem, Range
from copypaste_tf.inputs import composing
from copypaste_tf.inputs.data_config import OBJECTS, TrainData
from copypaste_tf.modeling.segmentation_head import LEVEL
from copypaste_tf.tasks import model_problems
from copypaste_tf.tasks.segmentation.config import (
  SegmentationConfig,
  SegmentationModel,
)

# Fields of the config that the model reads; see `model_problems.unread`.
READ = (
  *model_problems.READ,
  'head_convs',
  'head_filters',
)
# Fields of a record set that class maps lack, and their values when unset.
_OF_OBJECTS = {'min_score': 0.0, 'ignore_score': None, 'loss_weight': 1.0}
_DATA, _MODEL = 'task.train_data.', 'task.model.'
RANGES = {
  # A class map holds 255 classes, and its pixels without a label.
  _MODEL + 'num_classes': Range(2, 255),
  _MODEL + 'min_level': Range(LEVEL),
  _MODEL + 'head_convs': Range(0),
  _MODEL + 'head_filters': Range(0),
  _MODEL + 'backbone.resnet.depth_multiplier': Range(0.0),
  _MODEL + 'norm_activation.norm_momentum': Range(0, 1),
  'task.weight_decay': Range(0),
  'task.class_weight_power': Range(0, 1),
}


def problems(task: SegmentationConfig) -> list[Problem]:
  """Lists problems of the model, its initial weights and the evaluation."""
  return [
    *model_problems.sizes(task.model),
    *model_problems.unread(task.model, SegmentationModel(), READ),
    *model_problems.unknown_parts(task),
    *_inputs(task.train_data),
    *_evaluation(task),
  ]


def _inputs(data: TrainData) -> Iterator[Problem]:
  """Finds settings of objects, which class maps do not have."""
  if data.class_maps == OBJECTS and not data.masks:
    yield Problem(
      _DATA + 'masks',
      'class maps are drawn from masks, which False does not read; set '
      'TrainData.masks = True',
    )
  if traits.shows_sources(composing.named(data)):
    yield Problem(
      _DATA + 'composition',
      'a pixel of a class map has one class, and this composition shows both '
      f"images in it; set TrainData.composition = '', got {data.composition!r}",
    )
  if data.ignore:
    yield Problem(
      _DATA + 'ignore',
      'is not read: a pixel without a label is void in its class map; got '
      f'{list(data.ignore)}',
    )
  for number, record_set in enumerate(data.sets):
    for field, unset in _OF_OBJECTS.items():
      if (value := getattr(record_set, field)) != unset:
        yield Problem(
          f'{_DATA}sets.{number}.{field}',
          f'is not read: the labels of pixels have no scores, and weigh alike '
          f'in all sets; set {unset!r}, got {value!r}',
        )


def _evaluation(task: SegmentationConfig) -> Iterator[Problem]:
  if task.annotation_file:
    yield Problem(
      'task.annotation_file',
      'is not read: class maps are evaluated against those of '
      f'EvalData.input_path; got {task.annotation_file!r}',
    )
  if not all(scale > 0 for scale in task.eval_scales):
    yield Problem(
      'task.eval_scales',
      f'expected scales above 0, got {list(task.eval_scales)}',
    )
