"""Types of config values: accepted values, plain names, places."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Optional

import pytest
from official.modeling import hyperparams

from copypaste_tf.config import config_types


@dataclasses.dataclass
class Inner(hyperparams.Config):
  rate: float = 0.5
  sizes: Sequence[int] = (1, 2)


@dataclasses.dataclass
class Outer(hyperparams.Config):
  inner: Inner = dataclasses.field(default_factory=Inner)
  other: Inner | None = None
  name: str = ''


@pytest.mark.parametrize(
  ('annotation', 'value', 'accepted'),
  [
    (int, 3, True),
    (int, 3.0, False),
    (int, True, False),
    (float, 3, True),
    (float, False, False),
    (bool, True, True),
    (bool, 1, False),
    (str, 'x', True),
    (str, None, False),
    (Optional[int], None, True),  # noqa: UP045
    (int | None, 'x', False),
    (Sequence[int], (1, 2), True),
    (list[int], (1, 2), True),
    (tuple[float, ...], [1, 'x'], False),
    (Sequence[str], 'abc', False),
    (dict[str, Any], {'a': 1}, True),
    (dict, [1], False),
    (Any, object(), True),
    (Inner, Inner(), True),
    (Inner, {}, False),
  ],
)
def test_a_type_accepts_its_values_only(annotation, value, accepted):
  assert config_types.accepts(annotation, value) is accepted


def test_types_have_plain_names():
  assert config_types.describe(Sequence[int]) == 'list of int'
  assert config_types.describe(Inner | None) == 'Inner or None'
  assert config_types.describe(dict[str, int]) == 'dict'


def test_a_misspelt_name_suggests_the_nearest():
  names = ['train_steps', 'Momentum']
  assert config_types.nearest('train_step', names) == (
    "; did you mean 'train_steps'?"
  )
  assert config_types.nearest('MOMENTUN', names) == "; did you mean 'Momentum'?"
  assert config_types.nearest('xyz', names) == ''
  assert config_types.nearest('x', []) == ''


def test_config_classes_of_fields():
  hints = config_types.annotations(Outer)
  assert set(hints) == {'inner', 'other', 'name'}
  assert config_types.config_class(hints['inner']) is Inner
  assert config_types.config_class(hints['other']) is Inner
  assert config_types.config_class(hints['name']) is None


def test_wrong_types_are_reported_at_any_depth():
  config = Outer()
  assert list(config_types.wrong_types(config)) == []
  config.inner.rate, config.name = 'fast', 3
  assert sorted(config_types.wrong_types(config)) == [
    ('inner.rate', "expected float, got 'fast'"),
    ('name', 'expected str, got 3'),
  ]


def test_flatten_keeps_lists_and_empty_parts():
  tree = {'a': {'b': 1, 'c': {'d': [2, {'e': 3}]}}, 'f': {}}
  assert config_types.flatten(tree) == {
    'a.b': 1,
    'a.c.d': [2, {'e': 3}],
    'f': {},
  }


def test_flatten_numbers_a_list_of_dicts():
  tree = {'a': [{'b': 1}, {'b': [2], 'c': {}}], 'd': []}
  assert config_types.flatten(tree) == {
    'a.0.b': 1,
    'a.1.b': [2],
    'a.1.c': {},
    'd': [],
  }


def test_wrong_types_are_reported_in_lists():
  @dataclasses.dataclass
  class Many(hyperparams.Config):
    inner: list[Inner] = dataclasses.field(default_factory=list)

  many = Many(inner=[Inner(), Inner(rate='fast')])
  assert list(config_types.wrong_types(many)) == [
    ('inner.1.rate', "expected float, got 'fast'")
  ]


def test_a_number_of_more_than_64_bits_is_refused():
  assert config_types.accepts(int, 2**63 - 1)
  assert not config_types.accepts(int, 2**63)
  assert not config_types.accepts(float, 10**400)
