import numpy as np
import pytest

from copypaste_tf.evaluation import lvis_metrics
from copypaste_tf.evaluation.lvis_inputs import Truth

CATEGORIES = {
  1: {'id': 1, 'name': 'a', 'frequency': 'r'},
  4: {'id': 4, 'name': 'b', 'frequency': 'f'},
  6: {'id': 6, 'name': 'c', 'frequency': 'f'},
  7: {'id': 7, 'name': 'd'},
}
TRUTH = Truth({}, CATEGORIES, {}, None)


@pytest.fixture
def precision():
  """Category k has k / 10, less at higher IoUs and for smaller objects."""
  table = np.zeros([10, 101, 4, 4])
  table += np.arange(1, 5).reshape(1, 1, 4, 1) / 10
  table -= np.arange(10).reshape(10, 1, 1, 1) / 100
  table -= np.arange(4) / 1000
  table[:, :, 3] = -1  # No ground truth.
  return table


def test_each_number_is_the_mean_of_its_part_of_the_table(precision):
  numbers = lvis_metrics.precisions(precision, TRUTH, 'mask')
  expected = {
    'ap': 0.2 - 0.045,
    'ap50': 0.2,
    'ap75': 0.15,
    'ap_small': 0.2 - 0.046,
    'ap_medium': 0.2 - 0.047,
    'ap_large': 0.2 - 0.048,
    'ap_rare': 0.1 - 0.045,
    'ap_common': -1,
    'ap_frequent': 0.25 - 0.045,
  }
  assert list(expected) == list(lvis_metrics.FIXED_METRICS)
  assert numbers == pytest.approx(
    {f'mask_{name}': value for name, value in expected.items()}
  )


def test_the_name_of_recall_states_the_limit(precision):
  numbers = lvis_metrics.recalls(precision[:, 0], 'box', 300)
  assert list(numbers) == [f'box_{x}' for x in lvis_metrics.METRICS[9:]]
  assert numbers['box_ar300'] == pytest.approx(0.2 - 0.045)
  assert numbers['box_ar_large'] == pytest.approx(0.2 - 0.048)
  assert 'box_ar5' in lvis_metrics.recalls(precision[:, 0], 'box', 5)


def test_categories_are_named_and_those_without_ground_truth_are_undefined(
  precision,
):
  numbers = lvis_metrics.per_category(precision, TRUTH, 'mask')
  assert numbers == pytest.approx(
    {
      'mask_ap/a': 0.055,
      'mask_ap/b': 0.155,
      'mask_ap/c': 0.255,
      'mask_ap/d': -1,
    }
  )
