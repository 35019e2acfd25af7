"""Loads a published checkpoint and saves its model."""

import os

import tensorflow as tf
from absl import flags

from copypaste_tf import config_flags
from copypaste_tf.modeling.checkpoints import tf1_checkpoint
from copypaste_tf.modeling.checkpoints.published_names import published_names
from copypaste_tf.modeling.mask_rcnn import MaskRCNN
from copypaste_tf.tasks import registry


def import_checkpoint(
  path: str,
  model: MaskRCNN,
  output: str,
  *,
  backbone_only: bool = False,
  averages: bool = False,
) -> tf1_checkpoint.Plan:
  """Loads a TF1 checkpoint into a model and saves the model.

  Args:
    path: prefix of the TF1 checkpoint.
    model: the model; all of its variables exist.
    output: folder for the new checkpoint.
    backbone_only: import the backbone only.
    averages: prefer the moving averages of weights to the weights.

  Returns:
    The mapped and the unused variables.

  Raises:
    ValueError: the checkpoint is damaged or belongs to another model. Nothing
      is written.
  """
  reader, stored = tf1_checkpoint.read(path)
  variables = published_names(model.backbone if backbone_only else model)
  plan = tf1_checkpoint.plan(
    stored,
    {name: v.shape.as_list() for name, v in variables.items()},
    backbone=model.backbone.name,
    backbone_only=backbone_only,
    averages=averages,
  )
  for name, value in tf1_checkpoint.load(reader, plan.mapped).items():
    variables[name].assign(value)
  items = {'backbone': model.backbone}
  if not backbone_only:
    items = {'model': model, **model.checkpoint_items}
  tf.train.Checkpoint(**items).save(os.path.join(output, 'ckpt'))
  return plan


def main() -> None:
  """Imports the checkpoint and lists the variables that were not used."""
  task = registry.build(config_flags.load().params.task)
  plan = import_checkpoint(
    flags.FLAGS.tf1_checkpoint,
    task.published_model(),
    flags.FLAGS.output,
    backbone_only=flags.FLAGS.modules == 'backbone',
    averages=flags.FLAGS.moving_averages,
  )
  print(f'mapped: {len(plan.mapped)} variables')
  for kind, names in plan.left.items():
    for name in names:
      print(f'left ({kind}): {name}')
  print(f'written: {flags.FLAGS.output}')
