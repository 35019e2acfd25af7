"""Tables 5 and 6: Pascal VOC, from a detector that was trained on COCO.

Copy-Paste is in the training on COCO alone: the two rows of a table differ in
the checkpoint that they start from, which is a row of Table 4 of the same seed.
"""

from .rows import Row, table


def _pair(number: str, recipe: str, start_as: str) -> list[Row]:
  """Returns the rows of a table without and with Copy-Paste."""
  return [
    Row(
      name,
      f'{recipe}{end}',
      against='' if name == 'lsj' else 'lsj',
      expected=f'table{number}/{name}',
      start=f'4/{name}',
      start_as=start_as,
    )
    for name, end in (('lsj', ''), ('copy_paste', '_copypaste'))
  ]


TABLE_5 = table(
  '5',
  'Detection on VOC 2007, AP50; Copy-Paste on COCO alone',
  _pair('5', 'voc07_cascade_effb7_nasfpn_1280', 'TaskConfig.init_checkpoint'),
  small='shapes_voc',
)
TABLE_6 = table(
  '6',
  'Semantic segmentation on VOC 2012, mIoU; Copy-Paste on COCO alone',
  _pair('6', 'voc12_seg_effb7_nasfpn', 'SegmentationConfig.init_checkpoint'),
  small='shapes_segmentation',
)

TABLES = (TABLE_5, TABLE_6)
