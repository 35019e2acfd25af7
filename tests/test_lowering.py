import functools
import pathlib

import pytest
import tensorflow as tf
import yaml
from tensorflow.compiler.xla.service import hlo_pb2

from copypaste_tf.examples import Scenes
from copypaste_tf.training import gin_config, lowering

RECIPES = sorted(
  path.stem
  for path in (pathlib.Path(__file__).parents[1] / 'configs').glob('*.gin')
  if path.stem not in ('base', 'shapes_data')
)
SMALL = ['IMAGE_SIZE = (128, 128)', 'TrainData.augment_on = "device"']
# All kinds of layers of the largest recipe, but few of each.
FEW_LAYERS = {
  'backbone.efficientnet.model_id': 'b0',
  'decoder.nasfpn.num_repeats': 1,
  'decoder.nasfpn.num_filters': 64,
  'roi_generator.num_proposals': 100,
  'roi_sampler.num_sampled_rois': 64,
}


def _params(recipe, changes=()):
  override = ','.join(
    f'task.model.{name}={value}' for name, value in dict(changes).items()
  )
  return gin_config.load([recipe], SMALL, params_override=override).params


@pytest.fixture(scope='module')
def step():
  recipe = 'coco_cascade_effb7_nasfpn_1280_lsj_copypaste'
  return lowering.train_step(
    _params(recipe, FEW_LAYERS), replicas=8, batch_per_replica=1
  )


@pytest.fixture(scope='module')
def module(step):
  return lowering.module(step)


@pytest.mark.slow
def test_the_inputs_are_those_of_one_replica(step):
  # Targets and sources, and the seed.
  assert len(step.inputs) == 2 * len(Scenes._fields) + 1
  assert {x.shape[0] for x in step.inputs[:-1]} == {1}
  assert step.inputs[0].dtype == tf.uint8


@pytest.mark.slow
def test_the_step_lowers_with_static_shapes(module):
  assert not lowering.dynamic_shapes(module)


@pytest.mark.slow
def test_the_replicas_sum_gradients_and_statistics(step, module):
  trained = len(step.function.get_concrete_function(*step.inputs).variables)
  assert trained > 100
  # The momentum of each weight is a variable, too; the moving averages belong
  # to the normalisations, of which each takes three sums.
  assert lowering.all_reduces(module) > trained / 2
  for instruction in _all_reduces(module):
    (group,) = instruction.collective_device_list.replica_groups
    assert list(group.replica_ids) == list(range(8))


@pytest.mark.slow
def test_updates_take_the_place_of_the_variables(module):
  found = hlo_pb2.HloModuleProto.FromString(module)
  assert len(found.input_output_alias.entries) > 100


@pytest.mark.slow
def test_other_compilers_can_read_it(module):
  targets = {
    x.custom_call_target
    for computation in hlo_pb2.HloModuleProto.FromString(module).computations
    for x in computation.instructions
  }
  assert 'SetBound' not in targets


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


def test_sizes_that_depend_on_the_data_are_named():
  found = lowering.dynamic_shapes(
    lowering.module(_step(lambda x: tf.where(x > 0), tf.TensorSpec([7])))
  )
  assert any('Where' in name and '[7, 1]' in name for name in found)


def test_bounds_of_loops_are_dropped():
  def loop(x, order):
    return tf.while_loop(
      lambda i, _: i < 3,
      lambda i, y: (i + 1, y + tf.slice(x, [order[i] // 2, 0], [1, 4])),
      (0, tf.zeros([1, 4])),
    )[1]

  step = _step(lambda x: loop(x, tf.argsort(x[:, 0])), tf.TensorSpec([8, 4]))
  assert b'SetBound' not in lowering.module(step)


@functools.cache
def _lowered(text, recipe):
  """Lowers once what is the same at a small size."""
  del text
  return lowering.lowered(_params(recipe), 8, 1)


@pytest.mark.parity
@pytest.mark.parametrize('recipe', RECIPES)
def test_every_recipe_lowers_with_static_shapes(recipe):
  params = _params(recipe).as_dict()
  params['trainer']['train_steps'] = 0
  params['trainer']['optimizer_config']['learning_rate'] = None
  module = _lowered(yaml.dump(params), recipe)
  assert not lowering.dynamic_shapes(module)
