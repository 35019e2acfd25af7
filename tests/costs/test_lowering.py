import functools
import operator
from typing import NamedTuple

import pytest
import recipes
import tensorflow as tf
import yaml
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf import new_process
from copypaste_tf.config import config_types
from copypaste_tf.costs import hlo_module, lowering
from copypaste_tf.examples import Scenes
from copypaste_tf.modeling.backbones import efficientnet
from copypaste_tf.training.config import gin_config, origins

RECIPES = [path.stem for path in recipes.DETECTORS]
LARGEST = 'coco_cascade_effb7_nasfpn_1280_lsj_copypaste'
# They have every choice that a recipe makes, but not all of them together.
DIFFERENT = (
  *(LARGEST, 'coco_r50_ssj', 'shapes_lvis_cpu_balanced'),
  *('shapes_selftraining_cpu', 'coco_effb7_640_lsj_mixup', 'shapes_voc_cpu'),
)
# Names of files, sizes of models, and what only the host does.
SIZES = (
  *('input_path', 'init_checkpoint', 'init_checkpoint_modules', 'model_id'),
  *('.path', '.name', '.paste_into', '.pasted_from'),
)
SMALL = [
  *('IMAGE_SIZE = (128, 128)', 'TrainData.augment_on = "device"'),
  *('TrainData.max_instances = 9', 'TrainData.max_source_instances = 9'),
]
# Every operation of a recipe, but few of each kind, and small ones.
FEW_LAYERS = {
  'num_classes': 5,
  'backbone.resnet.model_id': 10,
  'backbone.efficientnet.model_id': 'b0',
  'decoder.fpn.num_filters': 16,
  'decoder.nasfpn.num_repeats': 1,
  'decoder.nasfpn.num_filters': 16,
  'rpn_head.num_filters': 16,
  'rpn_head.num_convs': 1,
  'detection_head.num_filters': 16,
  'detection_head.num_convs': 1,
  'detection_head.fc_dims': 16,
  'mask_head.num_filters': 16,
  'mask_head.num_convs': 1,
}


# Parts of a config that do not change the step, or only numbers in it.
OUTSIDE_THE_STEP = (
  *('task.validation_data', 'task.evaluation', 'task.panels_every'),
  *('task.init_checkpoint', 'task.init_checkpoint_modules'),
  *('task.train_data.input_path', 'task.train_data.global_batch_size'),
  *('task.train_data.shuffle_buffer_size', 'task.train_data.repeat_threshold'),
  *('task.train_data.jitter.min_scale', 'task.train_data.jitter.max_scale'),
  *('trainer.train_steps', 'trainer.steps_per_loop'),
  *('trainer.summary_interval', 'trainer.checkpoint_interval'),
  *('trainer.validation_interval', 'trainer.optimizer_config.learning_rate'),
  'trainer.optimizer_config.warmup',
)


def _params(recipe):
  return gin_config.load([recipe], SMALL).params


def _few_layers(recipe):
  params = _params(recipe)
  model = params.task.model
  kinds = (model.backbone.type, model.decoder.type)
  for name, value in FEW_LAYERS.items():
    *path, last = name.split('.')
    if 'backbone' not in path and 'decoder' not in path or path[1] in kinds:
      functools.reduce(getattr, path, model).override({last: value})
  return params


@pytest.fixture(scope='module', autouse=True)
def one_block_a_stage():
  """Makes EfficientNets of one block of each kind."""
  with pytest.MonkeyPatch.context() as patch:
    stages = [stage._replace(repeats=1) for stage in efficientnet.STAGES]
    patch.setattr(efficientnet, 'STAGES', tuple(stages))
    yield


@pytest.fixture(scope='module', autouse=True)
def no_origins():
  """Leaves out what takes most of the time of a load, and is not read here."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(origins, 'trace', lambda params, bindings: ({}, []))
    yield


class Lowered(NamedTuple):
  inputs: list[tf.TensorSpec]
  variables: int
  module: bytes


def _step_text(params):
  """Returns the config without what the step does not depend on."""
  values = params.as_dict()
  for name in OUTSIDE_THE_STEP:
    *path, last = name.split('.')
    del functools.reduce(operator.getitem, path, values)[last]
  return yaml.dump(values)


@pytest.fixture(scope='module')
def lowered():
  """Lowers a step; recipes that share a step lower it once."""
  done = {}

  def lower(params):
    text = _step_text(params)
    if text not in done:
      step = lowering.train_step(params, replicas=8, batch_per_replica=1)
      module = lowering.module(step)
      traced = step.function.get_concrete_function(*step.inputs)
      done[text] = Lowered(step.inputs, len(traced.variables), module)
    return done[text]

  return lower


def _choices(recipe):
  """Returns the bindings of a recipe without sizes, numbers and file names."""
  leaves = config_types.flatten(_params(recipe).as_dict())
  return {
    (name, value)
    for name, value in leaves.items()
    if value is None or isinstance(value, (bool, str))
    if not name.endswith(SIZES)
  }


def test_every_option_of_recipes_lowers():
  lowered = set().union(*map(_choices, DIFFERENT))
  for recipe in RECIPES:
    assert _choices(recipe) <= lowered, recipe


@pytest.mark.slow
@pytest.mark.parametrize(
  'recipe',
  [
    *DIFFERENT[1:-2],
    *(
      pytest.param(recipe, marks=pytest.mark.thorough)
      for recipe in (LARGEST, *DIFFERENT[-2:])
    ),
  ],
)
def test_recipes_lower_with_static_shapes(lowered, recipe):
  params = _few_layers(recipe)
  module = lowered(params).module
  assert not hlo_module.dynamic_shapes(module)
  assert hlo_module.count(module, 'all-reduce') >= _least_sums(params)


def _least_sums(params):
  # The second stage of LVIS sums the gradients of one kernel and one bias.
  return 2 if params.task.frozen else 10


@pytest.fixture(scope='module')
def largest(lowered):
  return lowered(_few_layers(LARGEST))


def test_numbers_of_records_need_no_records_to_lower():
  """Their values make no difference to what is compiled."""
  lines = [
    *(*SMALL, 'CopyPaste.class_weight_power = 1.0'),
    *('TrainData.source_input_path = "none"',),
    *('TrainData.source_repeat_threshold = 0.1',),
  ]
  params = gin_config.load(['shapes_lvis_cpu_rfs'], lines).params
  assert params.task.train_data.repeat_threshold
  step = lowering.train_step(params, replicas=8, batch_per_replica=1)
  assert all(x.shape.is_fully_defined() for x in step.inputs)


@pytest.mark.slow
def test_the_inputs_are_those_of_one_replica(largest):
  # Targets and sources, without the fields that may be absent, and the seed.
  fields = len(Scenes._fields) - len(Scenes._field_defaults)
  assert len(largest.inputs) == 2 * fields + 1
  assert {x.shape[0] for x in largest.inputs[:-1]} == {1}
  assert largest.inputs[0].dtype == tf.uint8


@pytest.mark.slow
def test_the_replicas_sum_gradients_and_statistics(largest):
  # The momentum of each weight is a variable, too; the moving averages belong
  # to the normalisations, of which each takes three sums.
  assert largest.variables > 100
  sums = hlo_module.count(largest.module, 'all-reduce')
  assert sums > largest.variables / 2
  for instruction in _all_reduces(largest.module):
    (group,) = instruction.collective_device_list.replica_groups
    assert list(group.replica_ids) == list(range(8))


@pytest.mark.slow
def test_updated_variables_reuse_the_memory_of_the_old_ones(largest):
  found = hlo_pb2.HloModuleProto.FromString(largest.module)
  assert len(found.input_output_alias.entries) > 100


def _all_reduces(module):
  for computation in hlo_pb2.HloModuleProto.FromString(module).computations:
    for x in computation.instructions:
      if x.opcode == 'all-reduce':
        yield x


def _step(function, *specs):
  return lowering.Step(tf.function(function, jit_compile=True), list(specs))


def test_an_operation_without_a_kernel_is_named():
  step = _step(
    lambda boxes, scores: tf.image.non_max_suppression_with_scores(
      boxes, scores, 3
    ),
    tf.TensorSpec([5, 4]),
    tf.TensorSpec([5]),
  )
  with pytest.raises(ValueError, match='kernel for .*NonMaxSuppressionV5') as e:
    lowering.module(step)
  assert '\n' not in str(e.value)


def test_a_module_is_made_portable():
  step = _step(lambda x, y: x + y, tf.TensorSpec([7]), tf.TensorSpec([7]))
  assert hlo_module.count(lowering.module(step), 'parameter') == 1


def _shapes_and_sums_of_all_layers(recipe):
  step = lowering.train_step(_params(recipe), replicas=8, batch_per_replica=1)
  module = lowering.module(step)
  sums = hlo_module.count(module, 'all-reduce')
  return hlo_module.dynamic_shapes(module), sums


@pytest.fixture(scope='module')
def shapes_and_sums():
  """Lowers a whole step in a process of its own: a process keeps its memory."""
  done = {}

  def find(recipe):
    text = _step_text(_params(recipe))
    if text not in done:
      done[text] = new_process.call(
        f'lowering {recipe}', _shapes_and_sums_of_all_layers, recipe
      )
    return done[text]

  return find


@pytest.mark.parity
@pytest.mark.parametrize('recipe', RECIPES)
def test_every_recipe_lowers_with_all_its_layers(shapes_and_sums, recipe):
  dynamic_shapes, sums = shapes_and_sums(recipe)
  assert not dynamic_shapes
  assert sums >= _least_sums(_params(recipe))


@pytest.mark.thorough
@pytest.mark.slow
def test_several_record_sets_lower_with_static_shapes():
  lines = [
    *(*SMALL, 'TrainData.input_path = ""'),
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    *('one/RecordSet.path = "a"', 'two/RecordSet.path = "b"'),
    'RecordSet.share = 0.5',
  ]
  params = gin_config.load(['smoke'], lines).params
  found = lowering.lowered(params, replicas=8, batch=2)
  assert not hlo_module.dynamic_shapes(found)
  assert hlo_module.count(found, 'all-reduce') > 10


@pytest.mark.thorough
@pytest.mark.parametrize(
  ('recipe', 'backbone'),
  [
    ('voc12_seg_effb7_nasfpn_light', 'efficientnet-b0'),
    ('voc12_seg_effb7_nasfpn', 'efficientnet-b0'),
    ('voc12_seg_r50', 'resnet10'),
  ],
)
def test_segmentation_lowers_with_static_shapes(recipe, backbone):
  lines = [
    *SMALL,
    'TrainData.copy_paste = @CopyPaste()',
    f'segmentation_model.backbone = {backbone!r}',
  ]
  params = gin_config.load([recipe], lines).params
  params.task.model.decoder.nasfpn.override({'num_repeats': 2})
  step = lowering.train_step(params, replicas=8, batch_per_replica=1)
  module = lowering.module(step)
  assert not hlo_module.dynamic_shapes(module)
  assert hlo_module.count(module, 'all-reduce') > 10
