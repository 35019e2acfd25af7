"""The gin configurable `loss_weights`, which makes the config of the losses."""

import gin
from official.vision.configs import maskrcnn


@gin.configurable
def loss_weights(
  *,
  rpn_score: float = 1.0,
  rpn_box: float = 1.0,
  frcnn_class: float = 1.0,
  frcnn_box: float = 1.0,
  mask: float = 1.0,
) -> maskrcnn.Losses:
  """Returns the config of the losses; a loss of weight 0 is not computed.

  Args:
    rpn_score: weight of the score loss of the proposals.
    rpn_box: weight of the box loss of the proposals.
    frcnn_class: weight of the class loss of the regions.
    frcnn_box: weight of the box loss of the regions.
    mask: weight of the mask loss; with 0 the mask head does not run.

  Returns:
    Model Garden's config.
  """
  return maskrcnn.Losses(
    rpn_score_weight=rpn_score,
    rpn_box_weight=rpn_box,
    frcnn_class_weight=frcnn_class,
    frcnn_box_weight=frcnn_box,
    mask_weight=mask,
  )
