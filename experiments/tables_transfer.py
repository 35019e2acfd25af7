"""Small forms of Tables 5 and 6: from a detector of shapes to another task.

Copy-Paste is in the training of the detector alone, as in the paper.
"""

from .rows import Row, table

# The rows of the table `shapes`, which the trainings start from.
_STARTS = ('none', 'copy_paste')
_CONFIG, _PARTS = 'SegmentationConfig', ('backbone', 'decoder')

SHAPES_SEGMENTATION = table(
  'shapes_segmentation',
  'Shapes: segmentation, from random weights and from detectors',
  [
    Row('scratch', 'shapes_seg_cpu', data='shapes'),
    *(
      Row(
        name,
        'shapes_seg_cpu',
        (f'{_CONFIG}.init_checkpoint_modules = {_PARTS}',),
        data='shapes',
        against='scratch' if name == 'none' else 'none',
        form_of='table6/lsj' if name == 'none' else f'table6/{name}',
        start=f'shapes/{name}',
        start_as=f'{_CONFIG}.init_checkpoint',
      )
      for name in _STARTS
    ),
  ],
)

SHAPES_VOC = table(
  'shapes_voc',
  'Shapes: a hundred images with boxes alone, from detectors',
  [
    Row(
      name,
      'shapes_voc_cpu',
      data='shapes_voc',
      against='' if name == 'none' else 'none',
      form_of='table5/lsj' if name == 'none' else f'table5/{name}',
      start=f'shapes/{name}',
    )
    for name in _STARTS
  ],
)

TABLES = (SHAPES_VOC, SHAPES_SEGMENTATION)
