import pytest

from copypaste_tf.evaluation import coco_evaluator, detection_evaluator

EMPTY = {'images': [], 'annotations': [], 'categories': []}


def measure(*iou_types):
  return coco_evaluator.CocoEvaluator(lambda: EMPTY, iou_types=iou_types)


def test_an_evaluator_without_a_protocol_cannot_be_made():
  with pytest.raises(TypeError, match='abstract'):
    detection_evaluator.DetectionEvaluator(lambda: EMPTY)


@pytest.mark.parametrize(
  ('iou_types', 'headline'),
  [
    (['bbox'], 'box_ap'),
    (['bbox', 'segm', 'boundary'], 'mask_ap'),
    (['bbox', 'boundary'], 'boundary_ap'),
  ],
)
def test_masks_decide_which_checkpoint_is_best_if_they_are_measured(
  iou_types, headline
):
  found = measure(*iou_types)
  assert found.headline == headline and len(found.names) == len(iou_types)


def test_all_masks_are_made_without_a_protocol_that_drops_detections():
  found = measure('bbox', 'segm')
  assert found.masked({}) is None and found.notes() == []
