"""The numbers of the paper and of others, typed once, each with its source.

Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for
Instance Segmentation", CVPR 2021. All numbers are percent. The metrics have the
names of our evaluators. Curves and bars of the figures have no numbers here;
`paper_figures` holds what the text says of them.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Number(NamedTuple):
  """A published number.

  Attributes:
    value: in percent.
    source: where it stands, such as `paper, Table 1`.
  """

  value: float
  source: str


COCO = ('box_ap', 'mask_ap')
_TEST_DEV = ('test_dev_box_ap', 'test_dev_mask_ap')
LVIS = ('mask_ap', 'mask_ap_rare', 'mask_ap_common', 'mask_ap_frequent')
_SUPERVISED, _PASTED = '48.5 42.7', '50.0 43.7'


def _rows(
  prefix: str, source: str, metrics: tuple[str, ...], rows: Mapping[str, str]
) -> dict[str, dict[str, Number]]:
  """Returns the results of one source.

  Args:
    prefix: beginning of the keys.
    source: where the numbers stand.
    metrics: names of the columns.
    rows: numbers by the end of the key, separated by spaces.
  """
  return {
    f'{prefix}/{name}': {
      metric: Number(float(value), source)
      for metric, value in zip(metrics, values.split(), strict=True)
    }
    for name, values in rows.items()
  }


def _table(
  number: int, metrics: tuple[str, ...], rows: Mapping[str, str]
) -> dict[str, dict[str, Number]]:
  return _rows(f'table{number}', f'paper, Table {number}', metrics, rows)


RESULTS: dict[str, dict[str, Number]] = {
  **_table(
    1,
    COCO,
    {
      'r50_1024_lsj': '47.2 41.8',
      'r50_1024_lsj_copy_paste': '48.2 42.4',
      'r101_1024_lsj': '48.4 42.8',
      'r101_1024_lsj_copy_paste': '49.8 43.6',
      'r101_1280_lsj': '49.1 43.1',
      'r101_1280_lsj_copy_paste': '50.3 44.2',
      'effb7_640_lsj': _SUPERVISED,
      'effb7_640_lsj_copy_paste': _PASTED,
      'effb7_1024_lsj': '50.8 44.7',
      'effb7_1024_lsj_copy_paste': '51.9 45.2',
      'effb7_1280_lsj': '51.1 44.8',
      'effb7_1280_lsj_copy_paste': '52.6 45.9',
    },
  ),
  **_table(
    2,
    COCO,
    {
      'supervised': _SUPERVISED,
      'copy_paste': _PASTED,
      'self_training': '50.0 44.0',
      'self_training_copy_paste': '51.4 45.0',
    },
  ),
  **_table(
    3,
    COCO,
    {
      'no_paste': '50.0 44.0',
      'into_labelled': '50.4 44.0',
      'into_pseudo': '50.8 44.5',
      'into_both': '51.4 45.0',
    },
  ),
  **_table(
    4,
    COCO + _TEST_DEV,
    {
      'lsj': '54.5 46.8 54.8 46.9',
      'copy_paste': '55.9 47.2 56.0 47.4',
      'self_training_copy_paste': '57.0 48.9 57.3 49.1',
    },
  ),
  **_table(5, ('voc07_ap50',), {'lsj': '88.4', 'copy_paste': '89.1'}),
  **_table(6, ('miou',), {'lsj': '83.9', 'copy_paste': '86.6'}),
  **_table(
    7,
    (*LVIS, 'box_ap'),
    {
      'r50_1024_lsj': '30.3 22.2 29.5 34.7 31.5',
      'r50_1024_lsj_copy_paste': '32.3 26.5 31.8 35.3 34.3',
      'r101_1024_lsj': '31.9 24.7 30.5 36.3 33.3',
      'r101_1024_lsj_copy_paste': '34.0 27.4 33.9 37.2 36.4',
      'effb7_1024_lsj': '33.7 26.4 33.1 37.6 35.5',
      'effb7_1024_lsj_copy_paste': '36.0 29.7 35.8 38.9 39.2',
      'effb7_nasfpn_1280_lsj': '34.7 26.0 33.4 39.8 37.2',
      'effb7_nasfpn_1280_lsj_copy_paste': '38.1 32.1 37.1 41.9 41.6',
    },
  ),
  **_table(
    8,
    LVIS,
    {
      'lsj': '27.7 9.7 28.1 35.1',
      'lsj_rfs': '28.2 15.4 27.8 34.3',
      'lsj_copy_paste': '29.3 12.8 30.1 35.7',
      'lsj_rfs_copy_paste': '30.1 18.4 30.0 35.4',
    },
  ),
  **_table(
    9,
    LVIS,
    {
      'lsj': '31.3 25.0 30.6 34.9',
      'lsj_rfs': '30.1 21.8 29.7 34.1',
      'lsj_copy_paste': '33.0 27.3 33.2 35.7',
      'lsj_rfs_copy_paste': '32.0 26.3 31.8 34.7',
    },
  ),
  **_table(
    10,
    COCO,
    {
      'none': _SUPERVISED,
      'one': '49.1 43.1',
      'all': '49.7 43.3',
      'random': _PASTED,
      'random_blended': _PASTED,
    },
  ),
  **_table(
    11,
    COCO,
    {
      'ssj_from_ssj': '48.1 42.1',
      'ssj_from_lsj': '47.7 41.8',
      'lsj_from_ssj': '49.7 43.5',
      'lsj_from_lsj': _PASTED,
    },
  ),
  **_rows(
    'readme',
    'published README',
    COCO,
    {
      'r50_1024_lsj_copy_paste': '48.3 42.4',
      'r101_1024_lsj_copy_paste': '49.8 43.5',
      'r101_1280_lsj_copy_paste': '50.3 44.1',
      'effb7_640_lsj_copy_paste': '50.0 43.7',
      'effb7_1024_lsj_copy_paste': '51.9 45.1',
      'effb7_1280_lsj_copy_paste': '52.5 45.8',
      'cascade_effb7_1280_lsj_copy_paste': '54.0 46.3',
      'cascade_effb7_nasfpn_1280_lsj': '54.4 46.6',
      'cascade_effb7_nasfpn_1280_lsj_copy_paste': '55.8 47.1',
    },
  ),
  **_rows(
    'mmdetection',
    'MMDetection, README of Copy-Paste',
    COCO,
    {
      'r50_ssj_90k': '43.3 39.2',
      'r50_ssj_90k_copy_paste': '43.9 39.2',
      'r50_ssj_270k': '43.5 39.1',
      'r50_ssj_270k_copy_paste': '45.1 40.3',
    },
  ),
  **_rows(
    'detectron2',
    'detectron2, new baselines of Mask R-CNN, LSJ from scratch',
    COCO,
    {
      'r50_lsj_100_epochs': '44.6 40.3',
      'r50_lsj_200_epochs': '46.3 41.7',
      'r50_lsj_400_epochs': '47.4 42.5',
    },
  ),
}
"""`{KEY: {metric: Number}}`. COCO val2017 unless the metric says test-dev; VOC
2007 test in Table 5, VOC 2012 val in Table 6, LVIS v1 val in Tables 7 to 9."""
