import csv
import io

import pytest

from copypaste_tf.evaluation import coco, tables


@pytest.fixture
def metrics():
  found = {
    f'{kind}_{name}': i / 100
    for kind in ('box', 'mask')
    for i, name in enumerate(coco.METRICS)
  }
  found |= {'box_ap/cat': 0.5, 'box_ap/hot, dog': -1.0}
  return found | {'mask_ap/cat': 0.25, 'mask_ap/hot, dog': -1.0}


def boxes(metrics):
  return {k: v for k, v in metrics.items() if k.startswith('box')}


def test_summary_has_twelve_rows_of_boxes_and_masks(metrics):
  lines = [line.split() for line in tables.summary(metrics).splitlines()]
  assert lines[0] == ['box', 'mask']
  assert lines[2] == ['ap50', '0.010', '0.010']
  assert [line[0] for line in lines[1:]] == list(coco.METRICS)


def test_summary_of_boxes_alone(metrics):
  lines = tables.summary(boxes(metrics)).splitlines()
  assert lines[1].split() == ['ap', '0.000']


def test_the_category_table_is_aligned(metrics):
  lines = tables.categories(metrics).splitlines()
  assert [line.split() for line in lines[1:2]] == [['cat', '0.500', '0.250']]
  assert lines[2].startswith('hot, dog ')
  assert len({len(line) for line in lines}) == 1
  assert tables.categories(boxes(metrics)).splitlines()[1].split() == [
    'cat',
    '0.500',
  ]


def test_a_long_name_stays_apart_from_its_numbers():
  name = 'a' * 40
  line = tables.categories({f'box_ap/{name}': 0.5}).splitlines()[1]
  assert line.split() == [name, '0.500']


def test_a_name_cannot_control_the_terminal():
  table = tables.categories({'box_ap/\x1b[2Jcat': 0.5})
  assert '\\x1b[2Jcat' in table and '\x1b' not in table


def test_the_two_averages_of_pascal_voc_are_columns():
  names = {'voc07_ap50': 0.25, 'voc12_ap50': 0.5}
  metrics = names | {f'{x}/a/cat': y for x, y in names.items()}
  lines = tables.summary(metrics, ['ap50']).splitlines()
  assert [x.split() for x in lines] == [
    ['voc07', 'voc12'],
    ['ap50', '0.250', '0.500'],
  ]
  lines = tables.categories(metrics).splitlines()
  assert lines[1].split() == ['a/cat', '0.250', '0.500']
  rows = tables.categories_csv(metrics).splitlines()
  assert rows == ['category,voc07_ap50,voc12_ap50', 'a/cat,0.25,0.5']


def test_csv_reads_back(metrics):
  rows = list(csv.DictReader(io.StringIO(tables.categories_csv(metrics))))
  assert rows == [
    {'category': 'cat', 'box_ap': '0.5', 'mask_ap': '0.25'},
    {'category': 'hot, dog', 'box_ap': '', 'mask_ap': ''},
  ]
  only = tables.categories_csv(boxes(metrics)).splitlines()
  assert only[:2] == ['category,box_ap', 'cat,0.5']


def test_no_metrics_give_empty_tables():
  assert tables.categories_csv({}) == 'category\n'
