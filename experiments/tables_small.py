"""Tables for two CPU cores: a small form of each table and figure.

They show the code at work, and on the nuclei also what the method does to real
images. Shapes are composed by pasting themselves, so they are no evidence.
"""

from typing import Any

from .rows import Row, shared, table
from .self_training_steps import SETTINGS as STUDENTS
from .tables_coco import JITTERS, LARGE, MIXUP, NO_PASTE, SUBSETS
from .tables_lvis import SETTINGS as LVIS_SETTINGS

# The arms of Figure 5, in the order in which they run.
ARMS = {'none': (NO_PASTE,), 'copy_paste': (), 'mixup': MIXUP}
# 24, 60 and 240 images of the nuclei, and the seeds of each.
FRACTIONS = {0.1: (1, 2, 3, 4, 5, 6), 0.25: (1, 2, 3), 1.0: (1, 2, 3)}
_OF_MIXUP = dict.fromkeys(FRACTIONS, (1, 2, 3))
LENGTHS = (240, 720)
_THREE = {0.1: (1, 2, 3)}


def _nuclei(name: str, lines: tuple[str, ...], steps: int, **facts: Any) -> Row:
  """Returns a row of `nuclei_cpu` with a short training."""
  length = (
    f'schedule.train_steps = {steps}',
    'schedule.warmup_steps = 40',
    f'experiment.evaluate_every = {steps}',
  )
  return Row(name, 'nuclei_cpu', (*lines, *length), data='nuclei', **facts)


def _against(name: str) -> str:
  """Returns the row without paste of the same length; none for itself."""
  arm, _, end = name.rpartition('_')
  return '' if arm == 'none' else f'none_{end}'


E1 = table(
  'e1',
  'Nuclei: lengths and fractions with nothing, Copy-Paste and mixup',
  [
    *(
      _nuclei(
        f'{arm}_{steps}',
        lines,
        steps,
        seeds=_OF_MIXUP if arm == 'mixup' else FRACTIONS,
        against=_against(f'{arm}_{steps}'),
      )
      for steps in LENGTHS
      for arm, lines in ARMS.items()
    ),
    *(
      Row(
        f'{arm}_1500',
        'nuclei_cpu',
        ARMS[arm],
        {1.0: (0, 1)},
        data='nuclei',
        against=_against(f'{arm}_1500'),
      )
      for arm in ('none', 'copy_paste')
    ),
  ],
)
NUCLEI_SUBSET = table(
  'nuclei_subset',
  'Nuclei, 24 images, 240 steps: which are pasted, and blending',
  [
    shared(E1.row('none_240'), 'none', seeds=_THREE, form_of='table10/none'),
    *(
      _nuclei(
        name,
        # Nuclei are a quarter as long as objects of COCO, and so is the blur.
        tuple(line.format('1.25') for line in lines),
        240,
        seeds=_THREE,
        against='none',
        form_of=f'table10/{name}',
      )
      for name, lines in SUBSETS.items()
    ),
    shared(
      E1.row('copy_paste_240'),
      'random',
      seeds=_THREE,
      against='none',
      form_of='table10/random',
    ),
  ],
)
NUCLEI_JITTER = table(
  'nuclei_jitter',
  "Nuclei, 24 images, 240 steps: the paper's scale jitters",
  [
    _nuclei(
      name,
      (*LARGE, *lines) if name.startswith('lsj') else lines,
      240,
      seeds=_THREE,
      against='' if name == 'ssj_from_ssj' else 'ssj_from_ssj',
      form_of=f'table11/{name}',
    )
    for name, lines in (JITTERS | {'lsj_from_lsj': ()}).items()
  ],
)


def _shapes(name: str, lines: tuple[str, ...], **facts: Any) -> Row:
  """Returns a row of `shapes_demo`, compared with `none`."""
  facts = {
    'data': 'shapes',
    'against': '' if name == 'none' else 'none',
  } | facts
  return Row(name, 'shapes_demo', lines, **facts)


SHAPES = table(
  'shapes',
  'Generated shapes, with and without Copy-Paste',
  [
    _shapes('none', ARMS['none'], form_of='table1/r50_1024_lsj'),
    _shapes('copy_paste', (), form_of='table1/r50_1024_lsj_copy_paste'),
  ],
)

_QUARTER = 'schedule.train_steps = 300'
_STUDENT, _LABELLED = 'shapes_selftraining_cpu', 'shapes_labelled'
_PSEUDO = 'shapes_selftraining'
SHAPES_SELFTRAINING = table(
  'shapes_selftraining',
  'Shapes, a quarter of them labelled: Copy-Paste and self-training',
  [
    _shapes(
      'none', (NO_PASTE, _QUARTER), data=_LABELLED, form_of='table2/supervised'
    ),
    _shapes(
      'copy_paste', (_QUARTER,), data=_LABELLED, form_of='table2/copy_paste'
    ),
    *(
      Row(
        name,
        _STUDENT,
        tuple(lines),
        data=_PSEUDO,
        against='none' if name == 'no_paste' else 'no_paste',
        form_of='' if name == 'pseudo_into_labelled' else f'table3/{name}',
      )
      for name, lines in STUDENTS.items()
    ),
  ],
)
_CASCADE = 'model.cascade_ious = (0.7, 0.8)'
SHAPES_CASCADE = table(
  'shapes_cascade',
  'Shapes, a quarter of them labelled: a cascade',
  [
    _shapes(
      'none',
      (_CASCADE, NO_PASTE, _QUARTER),
      data=_LABELLED,
      form_of='table4/lsj',
    ),
    _shapes(
      'copy_paste',
      (_CASCADE, _QUARTER),
      data=_LABELLED,
      form_of='table4/copy_paste',
    ),
    Row(
      'self_training_copy_paste',
      _STUDENT,
      (_CASCADE,),
      data=_PSEUDO,
      against='copy_paste',
      form_of='table4/self_training_copy_paste',
    ),
  ],
)


def _long_tail(name: str, against: str) -> list[Row]:
  """Returns the rows of the two stages of one setting of Tables 8 and 9."""
  lines = () if 'copy_paste' in name else (NO_PASTE,)
  if 'rfs' in name:
    lines = (*lines, 'TrainData.repeat_threshold = 0.067')
  facts = {'data': 'shapes_lvis'}
  balanced = f'{against}_balanced' if against else ''
  return [
    Row(
      name,
      'shapes_lvis_cpu',
      lines,
      against=against,
      form_of=f'table8/{name}',
      **facts,
    ),
    Row(
      f'{name}_balanced',
      'shapes_lvis_cpu_balanced',
      lines,
      against=balanced,
      form_of=f'table9/{name}',
      start=f'shapes_lvis/{name}',
      **facts,
    ),
  ]


SHAPES_LVIS = table(
  'shapes_lvis',
  'Shapes with a long tail of classes, in two stages',
  [
    row
    for name, against in LVIS_SETTINGS.items()
    for row in _long_tail(name, against)
  ],
)

TABLES = (
  *(E1, NUCLEI_SUBSET, NUCLEI_JITTER),
  *(SHAPES, SHAPES_SELFTRAINING, SHAPES_CASCADE, SHAPES_LVIS),
)
