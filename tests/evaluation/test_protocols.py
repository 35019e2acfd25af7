import federated_sets
import pytest

from copypaste_tf.evaluation import detections, protocols


@pytest.mark.parametrize('protocol', ['coco', 'lvis', 'lvis_fixed'])
def test_the_metrics_of_an_evaluator_are_those_of_the_table(protocol):
  truth, results = federated_sets.random_set(1)
  found = protocols.evaluator(
    protocol, lambda: truth, iou_types=['bbox', 'boundary'], per_category=True
  )
  found.replace(detections.from_results(results))
  metrics = found.metrics()
  assert [name for name in metrics if '/' not in name] == [
    f'{prefix}_{name}'
    for prefix in ('box', 'boundary')
    for name in protocols.METRICS[protocol]
  ]
  assert 'boundary_ap/c1' in metrics
  assert found.metric_names == protocols.METRICS[protocol]
  assert found.headline == 'boundary_ap' and found.headline in metrics


def test_pascal_voc_measures_boxes_by_two_averages_class_by_class():
  truth, results = federated_sets.random_set(1)
  found = protocols.evaluator('voc', lambda: truth, iou_types=['bbox'])
  found.replace(detections.from_results(results))
  metrics = found.metrics()
  assert found.names == ('voc07_ap50', 'voc12_ap50')
  assert found.headline == protocols.headline('voc', ['bbox']) == 'voc07_ap50'
  names = {category['name'] for category in truth['categories']}
  assert metrics.keys() == {
    *found.names,
    *(f'{metric}/{name}' for metric in found.names for name in names),
  }
  assert protocols.LISTING == ('voc',)


@pytest.mark.parametrize(
  ('protocol', 'iou_types', 'message'),
  [
    ('voc', ['bbox', 'segm'], 'the protocol voc measures bbox, got the IoU'),
    ('coco', ['box'], 'iou_types must be among'),
  ],
)
def test_what_a_protocol_cannot_measure_is_refused(
  protocol, iou_types, message
):
  with pytest.raises(ValueError, match=message):
    protocols.evaluator(protocol, dict, iou_types=iou_types)
