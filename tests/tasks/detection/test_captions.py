import pytest

from copypaste_tf.evaluation import coco, protocols
from copypaste_tf.tasks.detection import captions, losses
from copypaste_tf.tasks.detection.captions import CAPTIONS


@pytest.mark.parametrize('iou_types', [['bbox', 'segm'], ['bbox', 'boundary']])
@pytest.mark.parametrize('protocol', ['coco', 'lvis', 'lvis_fixed'])
def test_every_metric_of_the_evaluation_has_a_row(protocol, iou_types):
  found = captions.captions(protocol, iou_types)
  shown = [name for names in found.metrics.rows.values() for name in names]
  prefixes = [coco.PREFIXES[iou_type] for iou_type in iou_types]
  assert shown == [
    f'{prefix}_{metric}'
    for metric in protocols.METRICS[protocol]
    for prefix in prefixes
  ]
  assert set(found.headlines) <= set(shown)
  assert set(found.metrics.classes) <= set(found.headlines)


def test_the_table_of_pascal_voc_has_a_column_for_each_average():
  found = captions.captions('voc', ['bbox'])
  names = ('voc07_ap50', 'voc12_ap50')
  assert found.metrics.rows == {'AP at IoU 0.50': names}
  assert tuple(found.headlines) == tuple(found.metrics.classes) == names
  assert found.metrics.columns == ['VOC 2007, 11 points', 'VOC 2012, area']


def test_losses_are_those_of_the_task():
  # The total adds only weight decay to the sum.
  assert set(CAPTIONS.losses) == set(losses.NAMES) - {'total_loss'}


def test_the_caption_of_predictions_states_the_lowest_score():
  assert 'at least 0.25. ' in CAPTIONS.predictions.format(min_score=0.25)
