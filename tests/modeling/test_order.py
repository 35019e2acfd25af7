"""Rooms and modules of modeling import only those before them in the order."""

import ast
import pathlib

import copypaste_tf

ROOM = pathlib.Path(copypaste_tf.__file__).parent / 'modeling'
# Each entry may import the entries of earlier lines, and itself.
ORDER = (
  {'box_coding', 'checkpoints', 'layers', 'losses', 'options'},
  {'backbones', 'pyramids'},
  {'rpn'},
  {'regions'},
  {'mask_rcnn', 'segmentation_head'},
  {'build', 'counting', 'parts'},
  {'segmentation'},
)
RANKS = {name: rank for rank, names in enumerate(ORDER) for name in names}


def entry(path):
  return path.relative_to(ROOM).parts[0].removesuffix('.py')


def imported_entries(path):
  for node in ast.walk(ast.parse(path.read_text())):
    if not isinstance(node, ast.ImportFrom):
      continue
    _, _, inside = node.module.partition('copypaste_tf.modeling')
    if inside:
      yield inside.split('.')[1]
    elif node.module == 'copypaste_tf.modeling':
      yield from (alias.name for alias in node.names)


def test_imports_follow_the_documented_order():
  modules = [p for p in ROOM.rglob('*.py') if p != ROOM / '__init__.py']
  assert {entry(path) for path in modules} == RANKS.keys()
  imports = {(entry(p), name) for p in modules for name in imported_entries(p)}
  assert ('build', 'mask_rcnn') in imports and ('rpn', 'box_coding') in imports
  wrong = {
    (here, there)
    for here, there in imports
    if here != there and RANKS[there] >= RANKS[here]
  }
  assert not wrong
