"""The interface of a task, which training and evaluation call."""

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import tensorflow as tf
import tf_keras

from copypaste_tf.config.config_types import ConfigError, Problem, Range
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.modeling import counting
from copypaste_tf.tasks import captions
from copypaste_tf.tasks.captions import Captions
from copypaste_tf.tasks.config import BaseConfig


class Task(abc.ABC):
  """Turns batches into losses and outputs, for one replica.

  Derive from it, and hand the class to `registry.register`; a recipe chooses it
  with `experiment.task`. An instance holds a config and no variables.

  Attributes:
    name: value of `experiment.task`.
    loss_names: keys of `losses`; the first is the loss that is minimised.
    statistic_names: keys of `statistics`.
    short_loss_names: `{loss name: label}` of the losses in a line of progress.
    configurables: `{name: function or class}` that a recipe of this task may
      bind, besides those of every recipe. Each is a gin configurable.
    ranges: `{dotted path: range}` of numbers in the config, such as
      `task.model.num_classes`; checked before `checks`.
    makes: name of the product (`products.products`) of what `predict` returns
      for a batch of `EvalScenes`; empty for a task without one.
    reads_class_maps: the inputs have class maps; see `TrainData.class_maps`.
    model_configurable: the configurable that has `num_classes`.
    config: config of the task.
  """

  name: ClassVar[str]
  loss_names: ClassVar[Sequence[str]]
  statistic_names: ClassVar[Sequence[str]] = ()
  short_loss_names: ClassVar[Mapping[str, str]] = {}
  configurables: ClassVar[Mapping[str, Callable[..., Any]]] = {}
  ranges: ClassVar[Mapping[str, Range]] = {}
  makes: ClassVar[str] = ''
  reads_class_maps: ClassVar[bool] = False
  model_configurable: ClassVar[str] = 'model'

  def __init__(self, config: BaseConfig):
    """Holds a config.

    Args:
      config: result of `make_config`, with overrides applied.
    """
    self.config = config

  @classmethod
  @abc.abstractmethod
  def make_config(cls, weight_decay: float) -> BaseConfig:
    """Returns the config of a recipe, after gin has been parsed.

    Args:
      weight_decay: factor of the L2 penalty of the weights.
    """

  @property
  @abc.abstractmethod
  def output_size(self) -> tuple[int, int]:
    """Height and width of the images that the model takes, in pixels."""

  @property
  def num_classes(self) -> int | None:
    """Largest category id that the model knows plus one; None for any."""
    return None

  @property
  def synchronized_norm(self) -> bool | None:
    """True if batch statistics cover all replicas; None if there are none."""
    return None

  @property
  def computed_losses(self) -> Sequence[str]:
    """Those of `loss_names` that this config computes; the rest is absent."""
    return self.loss_names

  @property
  def captions(self) -> Captions:
    """Captions of losses and metrics in a report; by default their names."""
    return captions.plain(self.name, self.loss_names)

  def checks(self) -> list[Problem]:
    """Lists values of the config that the task cannot use."""
    return []

  def settings(self) -> dict[str, str]:
    """Returns the main settings of the model as text by name, for a report."""
    return {}

  def model_table(self) -> str:
    """Returns the table of `model_summary`; by default parameters by layer."""
    return counting.parameter_table(self.build_model())

  def multiply_adds(self, *, training: bool) -> int | None:
    """Returns those of a forward pass of an image; None if unknown.

    Args:
      training: of the training step, else of the evaluation.
    """
    return None

  def published_model(self) -> tf_keras.Model:
    """Returns a model whose variables have names in published checkpoints.

    Raises:
      ConfigError: no TF1 checkpoints of this task were published.
    """
    raise ConfigError(
      f'import_checkpoint reads published checkpoints of detectors; the task '
      f'{self.name!r} has none. Choose a recipe with another experiment.task'
    )

  def notes(self) -> list[str]:
    """Returns what `check` says of the training records; may read them.

    Raises:
      ValueError: the training needs to know more of its records.
      FileNotFoundError: there are no such records.
    """
    return []

  def derived(self) -> dict[str, Any]:
    """Returns what a training computes once from its data, by file name.

    It is kept as JSON in the folder of the run, which goes on with the same
    values only.
    """
    return {}

  @abc.abstractmethod
  def build_model(self) -> tf_keras.Model:
    """Returns the model with all its variables."""

  @abc.abstractmethod
  def train_inputs(
    self,
    data: Any,
    input_context: tf.distribute.InputContext | None = None,
    start_step: int = 0,
  ) -> tf.data.Dataset:
    """Returns endless batches, each for one replica.

    Args:
      data: `config.train_data`, or a changed copy.
      input_context: input context of this host; None for a single replica.
      start_step: number of steps whose examples are skipped.
    """

  @abc.abstractmethod
  def eval_inputs(
    self,
    data: Any,
    input_context: tf.distribute.InputContext | None = None,
  ) -> tf.data.Dataset:
    """Returns the batches of one evaluation; each image occurs once.

    Args:
      data: `config.validation_data`, or a changed copy.
      input_context: input context of this host; None for a single replica.
    """

  def prepare(self, inputs: Any) -> Any:
    """Returns the training examples of a batch of `train_inputs`.

    It runs on the device, and may augment the examples.

    Args:
      inputs: batch of one replica.
    """
    return inputs

  @abc.abstractmethod
  def labels(self, examples: Any, step: tf.Tensor) -> Any:
    """Returns the targets of the examples; no gradient flows through.

    Args:
      examples: result of `prepare`, or a micro batch of it.
      step: int64 scalar, unique to this batch of the replica; a seed.
    """

  @abc.abstractmethod
  def forward(self, model: tf_keras.Model, examples: Any, labels: Any) -> Any:
    """Runs the model in training mode.

    Args:
      model: result of `build_model`.
      examples: result of `prepare`.
      labels: result of `labels`.

    Returns:
      A nest of tensors.
    """

  @abc.abstractmethod
  def losses(
    self, outputs: Any, labels: Any, penalties: Sequence[tf.Tensor]
  ) -> dict[str, tf.Tensor]:
    """Returns the scalars of `computed_losses`, means over the examples.

    Args:
      outputs: result of `forward`, with floating point tensors in float32.
      labels: result of `labels`.
      penalties: scalar losses of the model, such as weight decay.
    """

  def after_step(
    self, model: tf_keras.Model, values: dict[str, tf.Tensor]
  ) -> None:
    """Updates variables of the model that do not learn by gradients.

    Args:
      model: result of `build_model`.
      values: `losses` of this replica, the means over its micro batches.
    """
    del model, values

  def statistics(self, examples: Any) -> dict[str, tf.Tensor]:
    """Returns a float tensor for each of `statistic_names`; reports its mean.

    Args:
      examples: result of `prepare`.
    """
    del examples
    return {}

  @abc.abstractmethod
  def predict(self, inputs: Any, model: tf_keras.Model) -> dict[str, tf.Tensor]:
    """Runs the model on a batch of `eval_inputs`.

    Args:
      inputs: batch of one replica.
      model: result of `build_model`.

    Returns:
      The tensors that `Evaluator.add` takes.
    """

  @abc.abstractmethod
  def evaluator(self) -> Evaluator:
    """Returns an empty evaluator; it has read no file yet."""
