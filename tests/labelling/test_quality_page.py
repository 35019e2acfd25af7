import pytest
from judged_labels import build, judgement, unlabelled

from copypaste_tf.labelling import quality_page
from copypaste_tf.labelling.thresholds import Thresholds


@pytest.mark.parametrize('with_unlabelled', [True, False])
def test_every_line_of_a_table_has_the_same_cells(with_unlabelled):
  labels = unlabelled({1: [0.9]}) if with_unlabelled else None
  page = quality_page.page(build(unlabelled=labels))
  sweep, classes = page.split('## ')[1:]
  for table, rows in ((sweep, 20), (classes, 2)):
    lines = [x for x in table.splitlines() if x.startswith('|')]
    cells = [x.replace('\\|', '').count('|') for x in lines]
    assert len(lines) == rows + 2 and len(set(cells)) == 1


def test_the_page_names_thresholds_shares_and_classes():
  page = quality_page.page(build(unlabelled=unlabelled({1: [0.9, 0.8, 0.3]})))
  assert '4 judged images with 5 objects; threshold 0.5.' in page
  assert 'At mask IoU 0.5, 66.7 % of the labels are right, and 40.0 %' in page
  assert (
    'Labels per image: 0.75 on judged images, 1.00 on 2 unlabelled (as' in page
  )
  assert 'at 0.30); the labelled set has 1.25.' in page
  assert '| 1 cell | 0.5 | 4 | 3 | 66.7 % |' in page


def test_names_of_a_data_set_cannot_break_a_table():
  assert '| 2 a \\| b\\n |' in quality_page.page(build())


def test_classes_of_their_own_thresholds_are_counted():
  chosen = Thresholds(0.5, {1: 0.4, 2: 0.3})
  page = quality_page.page(build(chosen=chosen))
  assert 'threshold 0.5 (2 classes have their own).' in page


def test_problems_and_conditions_are_listed():
  report = build(
    judgement(right=[0.9], wrong=[0.8] * 9), conditions={'records': 'val-*'}
  )
  page = quality_page.page(report)
  assert '- records: val-*' in page
  assert '- Problem: 10% of the labels on labelled images are right' in page
  assert 'Problem' not in quality_page.page(build())


def test_other_shapes_are_named():
  assert 'At box IoU 0.5' in quality_page.page(build(iou_type='bbox'))
