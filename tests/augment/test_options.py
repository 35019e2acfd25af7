"""The knobs: the paper's values, every one documented, the page in step."""

import dataclasses
import inspect
import pathlib
import re

import pytest

from copypaste_tf.augment import options

PAGE = pathlib.Path(__file__).parents[2] / 'docs/op.md'
KNOBS = (options.ScaleJitter, options.CopyPaste)


def documented():
  """Returns the default of each knob as the page writes it, by name."""
  defaults = {}
  _, _, text = PAGE.read_text().partition('\n## Options\n')
  for line in text.partition('\n## ')[0].splitlines():
    cells = [cell.strip() for cell in line.strip('|').split('|')]
    names = re.findall(r'`(\w+)`', cells[0])
    if len(cells) == 4 and names:
      texts = cells[2].split(', ') if len(names) > 1 else [cells[2]]
      texts *= len(names) // len(texts)
      defaults |= dict(zip(names, texts, strict=True))
  return defaults


def test_the_defaults_are_the_papers():
  assert options.ScaleJitter() == options.ScaleJitter(0.1, 2.0, 0.5)
  paste = options.CopyPaste()
  assert (paste.probability, paste.subset) == (1.0, 'random')
  assert (paste.min_visible_area, paste.box_tolerance) == (300, 10.0)
  assert (paste.blend_sigma, paste.max_pasted) == (0.0, 0)
  assert paste.min_visible_fraction == 0.0
  assert not (paste.classes or paste.excluded_classes or paste.class_weights)


@pytest.mark.parametrize('knobs', KNOBS, ids=lambda k: k.__name__)
def test_every_knob_is_documented(knobs):
  text = inspect.getdoc(knobs)
  names = [field.name for field in dataclasses.fields(knobs)]
  assert re.findall(r'^  (\w+): ', text, re.MULTILINE) == names


def test_the_page_lists_every_knob_with_its_default():
  page = documented()
  fields = [f for knobs in KNOBS for f in dataclasses.fields(knobs)]
  assert set(page) == {field.name for field in fields}
  for field in fields:
    text = page[field.name].split(',')[0].strip('`')
    if field.default == ():
      assert text in ('every class', 'equal'), field.name
    else:
      assert type(field.default)(text) == field.default, field.name


def test_the_choices_are_documented_and_hold_the_defaults():
  text = inspect.getdoc(options.CopyPaste)
  for choice in options.SUBSETS + options.OCCLUSIONS:
    assert f'`{choice}`' in text
  assert options.CopyPaste().subset in options.SUBSETS
  assert options.CopyPaste().occlusion in options.OCCLUSIONS
