import federated_sets
import pytest

from copypaste_tf.evaluation import detections, protocols


@pytest.mark.parametrize('protocol', protocols.NAMES)
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
