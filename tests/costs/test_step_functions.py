import numpy as np
import pytest
import tensorflow as tf

from copypaste_tf.costs import (
  lowering,
  operation_counts,
  step_functions,
  step_inputs,
)
from copypaste_tf.costs.step_functions import WITHOUT
from copypaste_tf.training.config import gin_config

# The step of `params`, batch 2, in the dense form.
MOST_RUNS = 1450
# R50-FPN at 1024, of any batch. XLA for CPUs splits sums of more than 32
# values, so more images add a few operations.
MOST_RUNS_R50 = 4000
MORE_IMAGES = 40
PARTS = {'augmentation', 'labels', 'forward', 'backward', 'optimizer'}


@pytest.fixture(scope='module')
def params():
  return gin_config.load(['smoke'], ['IMAGE_SIZE = (64, 64)']).params


def raw_scenes(params):
  return step_inputs.train_inputs(
    None,
    params.task.train_data.replace(input_path=''),
    batch=2,
    objects=4,
    num_classes=params.task.model.num_classes,
  ).batch


@pytest.mark.slow
@pytest.mark.thorough
def test_the_compiled_step_stays_within_its_bound(params):
  spec = tf.nest.map_structure(_spec, raw_scenes(params))
  counts = step_functions.train_counts(params, 'dense', spec)
  whole = counts['step']
  assert whole.runs <= MOST_RUNS
  assert not whole.data_loops
  assert set(whole.parts) >= PARTS
  on, off = counts['augmentation'], counts['augmentation' + WITHOUT]
  assert off.runs < on.runs <= 300 and not on.loops
  # Alone or in the step, it runs about as many operations.
  assert whole.parts['augmentation'].runs == pytest.approx(on.runs, rel=0.25)


@pytest.mark.slow
@pytest.mark.thorough
def test_the_step_of_r50_runs_as_many_operations_for_more_images():
  lines = ["TrainData.augment_on = 'device'"]
  params = gin_config.load(['coco_r50_lsj_copypaste'], lines).params

  def counted(batch):
    step = lowering.train_step(params, replicas=1, batch_per_replica=batch)
    return operation_counts.of_function(step.function, *step.inputs)

  few, many = counted(2), counted(8)
  assert not few.data_loops and not many.data_loops
  assert max(few.runs, many.runs) <= MOST_RUNS_R50
  assert many.runs - few.runs <= MORE_IMAGES


def _spec(tensor):
  return None if tensor is None else tf.TensorSpec(tensor.shape, tensor.dtype)


@pytest.mark.slow
@pytest.mark.thorough
def test_the_parts_of_a_step_run_and_the_step_trains(params):
  steps = step_functions.Steps(params, 'blocks')
  calls = steps.training(raw_scenes(params), xla=False)
  before = [x.numpy() for x in steps.model.trainable_variables]
  for name in ('augmentation', 'labels', 'labels to forward'):
    calls[name]()
  after = [x.numpy() for x in steps.model.trainable_variables]
  assert all(map(np.array_equal, before, after))
  losses = calls['labels to forward']()
  assert {'total_loss', 'mask_loss'} <= set(losses)
  assert np.isfinite(calls['step']())
  after = [x.numpy() for x in steps.model.trainable_variables]
  assert not all(map(np.array_equal, before, after))
  on, off = (calls[f'augmentation{x}']() for x in ('', WITHOUT))
  assert tf.reduce_any(on.alpha) and not tf.reduce_any(off.alpha)


@pytest.mark.slow
def test_a_detection_step_detects(params):
  steps = step_functions.Steps(params, 'blocks')
  scenes = step_inputs.eval_inputs(
    None, params.task.validation_data.replace(input_path=''), (64, 64), batch=2
  ).batch
  (call,) = steps.detecting(scenes, xla=False).values()
  assert call()['boxes'].shape[0] == 2
