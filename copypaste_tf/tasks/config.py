"""The config that every task has: data, start, divergence, evaluation."""

import dataclasses
from collections.abc import Sequence
from typing import Self

import gin
from official.core import config_definitions as cfg
from official.modeling import hyperparams

from copypaste_tf.inputs import data_config

# Fields of Model Garden's `Config` that no recipe may bind.
BOOKKEEPING = ['default_params', 'restrictions']
configurable = gin.configurable(denylist=BOOKKEEPING)
for _dataclass in (
  data_config.ScaleJitter,
  data_config.RecordSet,
  data_config.CopyPaste,
  data_config.TrainData,
  data_config.EvalData,
):
  configurable(_dataclass)


@configurable
@dataclasses.dataclass
class Divergence(hyperparams.Config):
  """Defines divergence, and how often a run recovers from it.

  A loss, a weight or a moving average that is not finite always counts.

  Attributes:
    explosion_factor: largest ratio of the mean loss of a loop to the median of
      the last 20 such means, applied once there are 5; 0 sets no limit.
    max_recoveries: number of times that a run, with its restarts, may restore
      its last checkpoint and skip the suspect examples before it fails.
  """

  explosion_factor: float = 10.0
  max_recoveries: int = 3


@dataclasses.dataclass
class BaseConfig(cfg.TaskConfig):
  """Holds the fields that training and evaluation read for every task.

  The config of a task derives from it, and adds for example the model.

  Attributes:
    name: task of the recipe, `experiment.task`; set when the config is made.
    train_data: training inputs.
    validation_data: evaluation inputs.
    divergence: see `Divergence`.
    micro_batches: number of parts into which a replica splits its batch. It
      computes them one after the other, for one optimizer step.
    annotation_file: annotations to evaluate against; empty means the labels of
      the evaluation records.
    per_category_metrics: report the metrics of every category.
    init_checkpoint: checkpoint or folder to start from; empty means from
      scratch.
    init_checkpoint_modules: `all`, `all_but_classifier` for another number of
      classes, or a list as `modeling.parts.expand` takes it.
    panels_every: steps between image panels in TensorBoard; 0 draws none.
    frozen: parts that are not trained, as `modeling.parts.expand` takes them.
  """

  train_data: data_config.TrainData = dataclasses.field(
    default_factory=data_config.TrainData
  )
  validation_data: data_config.EvalData = dataclasses.field(
    default_factory=data_config.EvalData
  )
  divergence: Divergence = dataclasses.field(default_factory=Divergence)
  micro_batches: int = 1
  annotation_file: str = ''
  per_category_metrics: bool = False
  init_checkpoint: str = ''
  init_checkpoint_modules: str | Sequence[str] = 'all'
  panels_every: int = 5000
  frozen: Sequence[str] = ()

  def without_records(self) -> Self:
    """Returns the config of a step that can be compiled, but not trained.

    Numbers that a training takes from its records give way to ones. No
    operation of the step depends on them.
    """
    data = self.train_data
    data = data.replace(
      repeat_threshold=0.0,
      source_repeat_threshold=None,
      sets=[one.replace(repeat_threshold=0.0) for one in data.sets],
    )
    if data.copy_paste is not None and data.copy_paste.class_weight_power:
      data.copy_paste.class_weight_power = 0.0
      data.copy_paste.class_weights = [1.0]
    return self.replace(train_data=data)
