"""Mutants: one expression is changed, all other text stays."""

import ast
import pathlib

import mutations
import pytest


def changes(source):
  return [(m.before, m.after) for m in mutations.mutants(source)]


@pytest.mark.parametrize(
  ('before', 'after'),
  [
    ('a + b', ['a - b']),
    ('a * b', ['a // b']),
    ('a // b', ['a * b', '-(-a // b)']),
    ('a <= b', ['a < b']),
    ('a < b == c', ['a <= b == c', 'a < b != c']),
    ('a and b', ['a or b']),
    ('not a', ['a']),
    ('-a', ['a']),
    ('-1', ['1']),
    ('x if a else y', ['y if a else x']),
    ('7', ['8']),
    ('0.5', ['1.5']),
    ('True', ['False']),
    ('tf.round(a)', ['tf.floor(a)']),
    ('np.maximum(a, b)', ['np.minimum(a, b)']),
    ('round(a)', ['int(a)']),
    ('f(a)', []),
    ("'text'", []),
    ('None', []),
  ],
)
def test_each_expression_has_its_replacements(before, after):
  x = f'x = {before}'
  listed = changes(f'{x}\n')
  # The last mutants are those of the parts of the expression.
  assert listed[: len(after)] == [(x, f'x = ({new})') for new in after]
  assert all(mutant != x for _, mutant in listed)


def test_parts_of_an_expression_are_changed_one_at_a_time():
  sources = [m.source for m in mutations.mutants('y = (2 * a +\n     b)\n')]
  assert sources == [
    'y = ((2 * a - b))\n',
    'y = ((2 // a) +\n     b)\n',
    'y = ((3) * a +\n     b)\n',
  ]


def test_columns_count_bytes():
  (mutant,) = mutations.mutants("é = 'é' + a  # é\n")
  assert mutant.source == "é = ('é' - a)  # é\n"


def test_annotations_decorators_and_texts_stay():
  source = '"""1 + 1."""\n@f(1)\ndef g(a: 1 | 2) -> 1 | 2:\n  h(f"{a + 1}")\n'
  assert changes(source) == []


def test_every_mutant_of_this_module_parses_and_differs():
  source = pathlib.Path(mutations.__file__).read_text()
  listed = mutations.mutants(source)
  assert len(listed) >= 20
  for mutant in listed:
    assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(source))
