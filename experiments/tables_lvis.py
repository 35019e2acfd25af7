"""Tables 7 to 9: LVIS v1, in two stages."""

from .rows import Row, table

_MODELS = ('r50_1024', 'r101_1024', 'effb7_1024', 'effb7_nasfpn_1280')


def two_stages(
  name: str, recipe: str, *, pasted: str = '', where: str, **facts: str
) -> list[Row]:
  """Returns the rows of the two stages of one model.

  Args:
    name: id of the second stage; that of the first is `NAME_stage_1`.
    recipe: recipe of the first stage; `RECIPE_balanced` is the second.
    pasted: id of the second stage that this one is compared with.
    where: id of the table.
    **facts: further fields of the second stage.
  """
  first = f'{name}_stage_1'
  return [
    Row(first, recipe, against=f'{pasted}_stage_1' if pasted else ''),
    Row(
      name,
      f'{recipe}_balanced',
      start=f'{where}/{first}',
      against=pasted,
      **facts,
    ),
  ]


def _model(model: str) -> list[Row]:
  """Returns the rows of a model in Table 7."""
  without, pasted = f'{model}_lsj', f'{model}_lsj_copy_paste'
  return [
    *two_stages(
      without, f'lvis_{without}', where='7', expected=f'table7/{without}'
    ),
    *two_stages(
      pasted,
      f'lvis_{without}_copypaste',
      pasted=without,
      where='7',
      expected=f'table7/{pasted}',
    ),
  ]


TABLE_7 = table(
  '7',
  'LVIS with several models, after the second stage',
  [row for model in _MODELS for row in _model(model)],
  small='shapes_lvis',
)

# Rows of Tables 8 and 9 by the row that each is compared with.
SETTINGS = {
  'lsj': '',
  'lsj_rfs': 'lsj',
  'lsj_copy_paste': 'lsj',
  'lsj_rfs_copy_paste': 'lsj_rfs',
}


def _recipe(name: str) -> str:
  return f'lvis_effb7_640_{name.replace("copy_paste", "copypaste")}'


TABLE_8 = table(
  '8',
  'LVIS in one stage: repeat factors and Copy-Paste',
  [
    Row(name, _recipe(name), against=against, expected=f'table8/{name}')
    for name, against in SETTINGS.items()
  ],
  small='shapes_lvis',
)
TABLE_9 = table(
  '9',
  'The runs of Table 8 after the second stage',
  [
    Row(
      name,
      f'{_recipe(name)}_balanced',
      against=against,
      start=f'8/{name}',
      expected=f'table9/{name}',
    )
    for name, against in SETTINGS.items()
  ],
  small='shapes_lvis',
)

TABLES = (TABLE_7, TABLE_8, TABLE_9)
