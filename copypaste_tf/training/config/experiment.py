"""The experiment: a gin-configurable factory of Model Garden's config tree.

`experiment()` takes no positional argument, as Model Garden's registry wants;
it and the functions and dataclasses that it calls are the gin configurables.
Each of them is called without the arguments that gin may bind, so that no
binding is hidden.
"""

import dataclasses
from collections.abc import Sequence

import gin
from official.core import config_definitions as cfg
from official.core import exp_factory
from official.modeling import hyperparams
from official.vision.configs import maskrcnn

from copypaste_tf.inputs import data_config
from copypaste_tf.tasks.detection.model_config import model
from copypaste_tf.training.config.divergence import Divergence
from copypaste_tf.training.config.schedule import schedule

NAME = 'copypaste_maskrcnn'
# Model Garden's bookkeeping, which is no knob.
BOOKKEEPING = ['default_params', 'restrictions']
configurable = gin.configurable(denylist=BOOKKEEPING)
for _dataclass in (
  Divergence,
  data_config.ScaleJitter,
  data_config.CopyPaste,
  data_config.RecordSet,
  data_config.TrainData,
  data_config.EvalData,
):
  configurable(_dataclass)


@configurable
@dataclasses.dataclass
class AnchorTargets(hyperparams.Config):
  """When an anchor is positive or negative, and how many are trained on.

  Attributes:
    match_threshold: least IoU of a positive anchor, in [0, 1].
    unmatched_threshold: IoU below which an anchor is negative, in [0, 1].
    batch_size_per_image: anchors sampled from each image.
    foreground_fraction: largest share of them that is positive, in [0, 1].
  """

  match_threshold: float = 0.7
  unmatched_threshold: float = 0.3
  batch_size_per_image: int = 256
  foreground_fraction: float = 0.5


@configurable
@dataclasses.dataclass
class TaskConfig(cfg.TaskConfig):
  """What is trained on what.

  Attributes:
    model: Model Garden's Mask R-CNN config.
    train_data: training inputs.
    validation_data: evaluation inputs.
    losses: Model Garden's loss weights.
    anchor_targets: how anchors are labelled.
    divergence: what counts as such, and how often a run recovers from it.
    micro_batches: parts in which a replica computes its batch, one after the
      other, for one step.
    annotation_file: COCO JSON to evaluate against; empty means the labels of
      the evaluation records.
    per_category_metrics: report the AP of every category.
    init_checkpoint: checkpoint or folder to start from; empty means from
      scratch.
    init_checkpoint_modules: `all`, `all_but_classifier` for another number of
      classes, or a list out of `modeling.parts.PARTS`.
    mask_crop_size: side of the mask crops that the mask head is trained on.
    panels_every: steps between image panels in TensorBoard; 0 is never.
    frozen: parts that are not trained, a list out of `modeling.parts.PARTS`.
    allowed_mask_class_ids: train masks of these classes only; None means all.
  """

  model: maskrcnn.MaskRCNN = dataclasses.field(
    default_factory=maskrcnn.MaskRCNN
  )
  train_data: data_config.TrainData = dataclasses.field(
    default_factory=data_config.TrainData
  )
  validation_data: data_config.EvalData = dataclasses.field(
    default_factory=data_config.EvalData
  )
  losses: maskrcnn.Losses = dataclasses.field(default_factory=maskrcnn.Losses)
  anchor_targets: AnchorTargets = dataclasses.field(
    default_factory=AnchorTargets
  )
  divergence: Divergence = dataclasses.field(default_factory=Divergence)
  micro_batches: int = 1
  annotation_file: str = ''
  per_category_metrics: bool = False
  init_checkpoint: str = ''
  init_checkpoint_modules: str | Sequence[str] = 'all'
  mask_crop_size: int = 112
  panels_every: int = 5000
  frozen: Sequence[str] = ()
  allowed_mask_class_ids: Sequence[int] | None = None


@gin.configurable
def runtime(
  *,
  strategy: str = 'mirrored',
  precision: str = 'float32',
  xla: bool = False,
  num_gpus: int = -1,
) -> cfg.RuntimeConfig:
  """Returns what the run computes with.

  Args:
    strategy: `mirrored` (all GPUs of the machine), `one_device`, `off`, `tpu`,
      `multi_worker_mirrored` (several machines).
    precision: `float32`, `bfloat16` or `float16`.
    xla: compile the training step for GPUs (TPUs always do).
    num_gpus: GPUs to use; -1 means all that are visible; 0 is the CPU.

  Returns:
    Model Garden's config.
  """
  return cfg.RuntimeConfig(
    distribution_strategy=strategy,
    mixed_precision_dtype=precision,
    enable_xla=xla,
    num_gpus=num_gpus,
  )


@exp_factory.register_config_factory(NAME)
@gin.configurable
def experiment(
  *,
  log_every: int = 100,
  checkpoint_every: int = 2500,
  evaluate_every: int = 5000,
  checkpoints_to_keep: int = 5,
  keep_best: bool = True,
  evaluator_timeout: int = 3600,
) -> cfg.ExperimentConfig:
  """Returns the whole experiment.

  Args:
    log_every: steps between lines of progress and scalar summaries.
    checkpoint_every: steps between checkpoints.
    evaluate_every: steps between evaluations in mode `train_and_eval`.
    checkpoints_to_keep: older checkpoints are deleted.
    keep_best: keep the checkpoint with the best mask AP (box AP of a model
      without masks) in the folder `best`, as far as they are evaluated.
    evaluator_timeout: seconds for which mode `continuous_eval` waits for the
      next checkpoint.

  Returns:
    Model Garden's config tree.
  """
  plan = schedule()
  task = TaskConfig(
    model=model(), losses=maskrcnn.Losses(l2_weight_decay=plan.weight_decay)
  )
  return cfg.ExperimentConfig(
    task=task,
    trainer=cfg.TrainerConfig(
      train_steps=plan.train_steps,
      optimizer_config=plan.optimizer,
      steps_per_loop=log_every,
      summary_interval=log_every,
      checkpoint_interval=checkpoint_every,
      validation_interval=evaluate_every,
      max_to_keep=checkpoints_to_keep,
      best_checkpoint_export_subdir='best' if keep_best else '',
      continuous_eval_timeout=evaluator_timeout,
      recovery_max_trials=-1,  # TaskConfig.divergence takes its place.
    ),
    runtime=runtime(),
  )


# Every name that a recipe may bind.
CONFIGURABLES = {
  'experiment': experiment,
  'schedule': schedule,
  'model': model,
  'runtime': runtime,
  'TaskConfig': TaskConfig,
  'AnchorTargets': AnchorTargets,
  'Divergence': Divergence,
  'RecordSet': data_config.RecordSet,
  'TrainData': data_config.TrainData,
  'EvalData': data_config.EvalData,
  'ScaleJitter': data_config.ScaleJitter,
  'CopyPaste': data_config.CopyPaste,
}
