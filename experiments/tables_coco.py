"""Tables 1 to 4, 10 and 11: COCO."""

from .rows import Row, shared, table

NO_PASTE = 'TrainData.copy_paste = None'
MIXUP = (NO_PASTE, "TrainData.composition = 'mixup'")
_MODELS = (
  *('r50', 'r101_1024', 'r101_1280'),
  *('effb7_640', 'effb7_1024', 'effb7_1280'),
)


def _pair(model: str) -> list[Row]:
  """Returns the two rows of a model in Table 1."""
  name = 'r50_1024' if model == 'r50' else model
  without, pasted = f'{name}_lsj', f'{name}_lsj_copy_paste'
  return [
    Row(without, f'coco_{model}_lsj', expected=f'table1/{without}'),
    Row(
      pasted,
      f'coco_{model}_lsj_copypaste',
      against=without,
      expected=f'table1/{pasted}',
    ),
  ]


TABLE_1 = table(
  '1',
  'Copy-Paste with several models and sizes, from scratch',
  [row for model in _MODELS for row in _pair(model)],
  small='shapes',
)
WITHOUT = TABLE_1.row('effb7_640_lsj')
PASTED = TABLE_1.row('effb7_640_lsj_copy_paste')

_STUDENT = 'coco_effb7_640_selftraining'
TABLE_3 = table(
  '3',
  "Self-training: the images that COCO's objects are pasted into",
  [
    Row('no_paste', _STUDENT, expected='table3/no_paste'),
    *(
      Row(
        name,
        f'{_STUDENT}_{end}',
        against='no_paste',
        expected=f'table3/{name}',
      )
      for name, end in (
        ('into_labelled', 'into_coco'),
        ('into_pseudo', 'into_pseudo'),
        ('into_both', 'copypaste'),
      )
    ),
  ],
  small='shapes_selftraining',
)
TABLE_2 = table(
  '2',
  'Copy-Paste and self-training add up',
  [
    shared(WITHOUT, 'supervised', expected='table2/supervised'),
    shared(
      PASTED, 'copy_paste', against='supervised', expected='table2/copy_paste'
    ),
    shared(
      TABLE_3.row('no_paste'),
      'self_training',
      against='supervised',
      expected='table2/self_training',
    ),
    shared(
      TABLE_3.row('into_both'),
      'self_training_copy_paste',
      against='supervised',
      expected='table2/self_training_copy_paste',
    ),
  ],
  small='shapes_selftraining',
)

_CASCADE = 'coco_cascade_effb7_nasfpn_1280'
TABLE_4 = table(
  '4',
  'The largest model; 180k steps with Copy-Paste, and 90k without',
  [
    Row('lsj', f'{_CASCADE}_lsj', expected='table4/lsj'),
    Row(
      'copy_paste',
      f'{_CASCADE}_lsj_copypaste',
      against='lsj',
      expected='table4/copy_paste',
    ),
    Row(
      'self_training_copy_paste',
      f'{_CASCADE}_selftraining_copypaste',
      against='copy_paste',
      expected='table4/self_training_copy_paste',
    ),
  ],
  small='shapes_cascade',
)

# The paper does not say whether `one` and `all` were blended. The published
# code blends, with this sigma in pixels of a 640 pixel image.
BLENDED = 'CopyPaste.blend_sigma = {}'
SUBSETS = {
  'one': ("CopyPaste.subset = 'one'", BLENDED),
  'all': ("CopyPaste.subset = 'all'", BLENDED),
  'random_blended': (BLENDED,),
}
STANDARD = ('ScaleJitter.min_scale = 0.8', 'ScaleJitter.max_scale = 1.25')
LARGE = ('ScaleJitter.min_scale = 0.1', 'ScaleJitter.max_scale = 2.0')


def source(lines: tuple[str, ...]) -> tuple[str, ...]:
  """Returns the bindings that jitter the pasted images in their own way."""
  return (
    'TrainData.source_jitter = @source/ScaleJitter()',
    *(f'source/{line}' for line in lines),
  )


# Table 11: the jitter of the target, from that of the source. The recipe has
# the large one.
JITTERS = {
  'ssj_from_ssj': STANDARD,
  'ssj_from_lsj': (*STANDARD, *source(LARGE)),
  'lsj_from_ssj': source(STANDARD),
}

TABLE_10 = table(
  '10',
  'Which objects are pasted, and blending',
  [
    shared(WITHOUT, 'none', expected='table10/none'),
    *(
      Row(
        name,
        PASTED.recipe,
        tuple(line.format('5.0') for line in lines),
        against='none',
        expected=f'table10/{name}',
      )
      for name, lines in SUBSETS.items()
    ),
    shared(PASTED, 'random', against='none', expected='table10/random'),
  ],
  small='nuclei_subset',
)
TABLE_11 = table(
  '11',
  'Scale jitter of the target, and of the image that is pasted from',
  [
    *(
      Row(
        name,
        PASTED.recipe,
        lines,
        against='' if name == 'ssj_from_ssj' else 'ssj_from_ssj',
        expected=f'table11/{name}',
      )
      for name, lines in JITTERS.items()
    ),
    shared(
      PASTED,
      'lsj_from_lsj',
      against='ssj_from_ssj',
      expected='table11/lsj_from_lsj',
    ),
  ],
  small='nuclei_jitter',
)

TABLES = (TABLE_1, TABLE_2, TABLE_3, TABLE_4, TABLE_10, TABLE_11)
