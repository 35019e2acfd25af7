"""Bounds of the runs of operations of the augmentation, by its compiled form.

An accelerator starts each operation by itself, so their number must not grow
with the images or the objects.
"""

import functools

import pytest
import tensorflow as tf

from copypaste_tf.augment import CopyPaste, augment
from copypaste_tf.costs import operation_counts, step_inputs
from copypaste_tf.inputs.data_config import TrainData

MOST = 300  # Runs of a batch, with Copy-Paste.
# Ten times the objects and eight times the images add at most this: XLA for
# CPUs splits a sum of more than 32 values in two, and fuses less around it.
MORE = 30


@functools.cache
def counted(form, batch, objects, paste=True):
  data = TrainData(
    source_size=(48, 48), max_source_instances=objects, num_planes=2
  )
  scenes = step_inputs.random_scenes(
    data, batch=batch, objects=objects, num_classes=5
  )

  @tf.function(jit_compile=True, autograph=False)
  def run(scenes, seed):
    return augment(
      scenes,
      seed,
      output_size=(64, 64),
      max_instances=objects,
      copy_paste=CopyPaste() if paste else None,
      dtype=tf.uint16,
      form=form,
    )

  return operation_counts.of_function(run, scenes, tf.zeros([2], tf.int32))


def within_bound(counts):
  return counts.runs <= MOST and not counts.loops


@pytest.mark.slow
@pytest.mark.parametrize('paste', [True, False])
def test_the_dense_form_runs_few_operations(paste):
  assert within_bound(counted('dense', 2, 10, paste))


@pytest.mark.slow
@pytest.mark.parametrize(('batch', 'objects'), [(2, 100), (16, 10), (16, 100)])
def test_operations_do_not_grow_with_images_or_objects(batch, objects):
  counts = counted('dense', batch, objects)
  assert within_bound(counts)
  assert counts.runs - counted('dense', 2, 10).runs <= MORE


@pytest.mark.slow
def test_twice_the_objects_run_the_same_operations():
  assert counted('dense', 2, 200).runs == counted('dense', 2, 100).runs


@pytest.mark.slow
def test_the_block_form_exceeds_the_bound():
  counts = counted('blocks', 2, 10)
  assert not within_bound(counts)
  # Each round visits one block, or one object in one block, after the other.
  names = {loop.name.split('/')[-1] for loop in counts.data_loops}
  assert {'blocks', 'instances'} <= names
