"""Builds the training step of a config, and its parts, for a measurement."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf
from official.core import config_definitions as cfg
from official.core import train_utils
from official.modeling import performance

from copypaste_tf.costs import lowering, operation_counts
from copypaste_tf.costs.input_benchmark import with_and_without
from copypaste_tf.examples import RawScenes
from copypaste_tf.inputs import pipeline, scene_batches
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.tasks import registry
from copypaste_tf.training.loop import step
from copypaste_tf.training.loop.adapter import ModelGardenTask

WITHOUT = ' without Copy-Paste'
STEP, AUGMENTATION, LABELS = 'step', 'augmentation', 'labels'
OPTIMIZER = 'optimizer'
# Some parts cannot run alone, so these functions repeat the parts before them.
TO_FORWARD, TO_BACKWARD = 'labels to forward', 'labels to backward'
DETECTION = 'detection step'


class Call(NamedTuple):
  """A function, and the arguments to call it with."""

  function: Callable[..., Any]
  arguments: tuple[Any, ...]

  def __call__(self) -> Any:
    """Calls the function."""
    return self.function(*self.arguments)


class Steps:
  """The functions of a config, with a model and an optimizer of their own.

  Attributes:
    task: the task.
    model: the model.
    augmentations: functions of `RawScenes`, with and without Copy-Paste.

  Args:
    params: the config.
    form: form of the augmentation, see `augment.augment`.
    strategy: runs each function on every replica; by default there is one.
  """

  def __init__(
    self,
    params: cfg.ExperimentConfig,
    form: str,
    strategy: tf.distribute.Strategy | None = None,
  ):
    performance.set_mixed_precision_policy(params.runtime.mixed_precision_dtype)
    self._strategy = strategy or tf.distribute.get_strategy()
    config = params.task.without_records()
    with self._strategy.scope():
      adapter = ModelGardenTask(registry.build(config))
      self.task = adapter.task
      self.model = adapter.build_model()
      self._optimizer = train_utils.create_optimizer(adapter, params)
      self._optimizer._create_all_weights(self.model.trainable_variables)
      self._metrics = adapter.build_metrics()
    knobs = {'output_size': self.task.output_size, 'form': form}
    self.augmentations = [
      scene_batches.compiled_augment(**knobs, **pipeline.augment_knobs(data))
      for data in with_and_without(config.train_data)
    ]

  def training(self, raw: RawScenes, *, xla: bool) -> dict[str, Call]:
    """Returns the step and its parts, with and without Copy-Paste.

    Args:
      raw: a batch before its augmentation.
      xla: compile the functions; the augmentation always is.

    Returns:
      Calls by name. The arguments of a part are the results of those before it,
      which this computes.
    """
    make = functools.partial(self._function, xla=xla)
    on, off = (make(augment) for augment in self.augmentations)
    gradients = make(self._gradients)
    examples = on(raw)
    return {
      STEP: Call(self.step(xla=xla), (raw,)),
      STEP + WITHOUT: Call(self.step(xla=xla, copy_paste=False), (raw,)),
      AUGMENTATION: Call(on, (raw,)),
      AUGMENTATION + WITHOUT: Call(off, (raw,)),
      LABELS: Call(make(self._label_tensors), (examples,)),
      TO_FORWARD: Call(make(self._losses), (examples,)),
      TO_BACKWARD: Call(gradients, (examples,)),
      OPTIMIZER: Call(make(self._apply), (gradients(examples),)),
    }

  def detecting(self, scenes: EvalScenes, *, xla: bool) -> dict[str, Call]:
    """Returns the step of an evaluation, as `training` does.

    Args:
      scenes: a batch of the evaluation inputs.
      xla: compile the function.
    """
    return {DETECTION: Call(self._function(self.detect, xla=xla), (scenes,))}

  def step(self, *, xla: bool, copy_paste: bool = True) -> Callable[..., Any]:
    """Returns the training step, a function of `RawScenes`."""
    augment = self.augmentations[0 if copy_paste else 1]
    return self._function(functools.partial(self._step, augment), xla=xla)

  def _function(self, function, *, xla) -> Callable[..., Any]:
    # Not a closure: TensorFlow would warn that one function is traced often.
    run = functools.partial(self._run, function)
    return tf.function(run, jit_compile=xla or None, autograph=False)

  def _run(self, function, *arguments):
    return self._strategy.run(function, arguments)

  def _step(self, augment, raw) -> tf.Tensor:
    with tf.name_scope(AUGMENTATION):
      examples = augment(raw)
    return step.train_step(
      self.task, examples, self.model, self._optimizer, self._metrics
    )

  def _labels(self, examples):
    return self.task.labels(examples, self._optimizer.iterations)

  def _label_tensors(self, examples):
    """Returns those labels that are computed; masks are read later."""
    labels = tf.nest.flatten(self._labels(examples))
    return [x for x in labels if tf.is_tensor(x)]

  def _losses(self, examples):
    labels = self._labels(examples)
    return step.losses(self.task, examples, labels, self.model)

  def _gradients(self, examples):
    labels = self._labels(examples)
    return step.losses_and_gradients(
      self.task, examples, labels, self.model, self._optimizer
    )[1]

  def _apply(self, gradients):
    weights = self.model.trainable_variables
    self._optimizer.apply_gradients(list(zip(gradients, weights, strict=True)))

  def detect(self, scenes: EvalScenes) -> dict[str, tf.Tensor]:
    """Returns `Task.predict` of a batch."""
    return self.task.predict(scenes, self.model)


def train_counts(
  params: cfg.ExperimentConfig, form: str, spec: RawScenes
) -> dict[str, operation_counts.Counts]:
  """Compiles the step and counts its operations; runs nothing.

  Args:
    params: the config.
    form: form of the augmentation.
    spec: `TensorSpec` of each tensor of a batch.

  Returns:
    Counts of the step, and of the augmentation with and without Copy-Paste.
  """
  steps = Steps(params, form)
  on, off = steps.augmentations
  return {
    STEP: _count(steps.step(xla=True), spec, step.SCOPES),
    AUGMENTATION: _count(on, spec),
    AUGMENTATION + WITHOUT: _count(off, spec),
  }


def eval_counts(
  params: cfg.ExperimentConfig, spec: EvalScenes
) -> dict[str, operation_counts.Counts]:
  """Counts the operations of a detection step, as `train_counts` does."""
  return {DETECTION: _count(Steps(params, 'dense').detect, spec)}


def _count(function, spec, scopes=None) -> operation_counts.Counts:
  """Counts the operations of a function of one nest of tensors."""
  flat = [x for x in tf.nest.flatten(spec) if x is not None]
  compiled = tf.function(
    lambda *tensors: function(lowering.packed(spec, tensors)),
    jit_compile=True,
    autograph=False,
  )
  return operation_counts.of_function(compiled, *flat, scopes=scopes)
