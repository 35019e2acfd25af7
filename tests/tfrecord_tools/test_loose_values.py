"""A number, an id or a flag has one value, however it is written."""

import math

import pytest

from tfrecord_tools import loose_values

ABSENT = (None, '', ' ', 'None', 'null', 'NaN', 'n/a', math.nan, [], {})


@pytest.mark.parametrize('value', ABSENT, ids=repr)
def test_ways_to_say_that_there_is_none(value):
  assert loose_values.is_absent(value)
  assert loose_values.number(value) is None
  assert loose_values.identity(value) is None
  assert loose_values.flag(value) is None


@pytest.mark.parametrize('value', [0, '0', False, [0], 'x'], ids=repr)
def test_other_values_are_not_absent(value):
  assert not loose_values.is_absent(value)


@pytest.mark.parametrize(
  ('value', 'number'),
  [
    (7, 7),
    (' 12 ', 12),
    ('1e2', 100),
    ('-.5', -0.5),
    ('+3.', 3),
    *((value, None) for value in ('1,5', '1_0', '0x1', '٣', 'inf', True)),
    *((value, None) for value in (math.inf, 10**400, '1e999', [1], '1 2')),
  ],
)
def test_a_number_may_be_text(value, number):
  assert loose_values.number(value) == number


def test_only_whole_numbers_are_whole():
  assert loose_values.whole(2**60 + 1) == 2**60 + 1
  assert loose_values.whole('480.0') == 480
  assert loose_values.whole(480.5) is None and loose_values.whole(True) is None


@pytest.mark.parametrize(
  ('value', 'key'),
  [
    *((value, 7) for value in (7, 7.0, '7', ' 7.0 ', '007')),
    (str(2**63), 2**63),
    ('-1', -1),
    (' a-b ', 'a-b'),
    ('12e4', '12e4'),
    ('9' * 50, '9' * 50),
    *((value, None) for value in (True, 7.5, math.inf, [7], {'x': 7})),
  ],
)
def test_all_ways_to_write_an_id_are_equal(value, key):
  found = loose_values.identity(value)
  assert (found, type(found)) == (key, type(key))


def test_only_integers_of_64_bits_fit():
  assert loose_values.fits_int64(2**63 - 1)
  assert not any(loose_values.fits_int64(v) for v in (2**63, 'x', None))


@pytest.mark.parametrize('value', [1, 1.0, True, '1', 'true', ' Yes '])
def test_flags_that_are_set(value):
  assert loose_values.flag(value) is True


@pytest.mark.parametrize('value', [0, 0.0, False, '0', 'FALSE', 'no'])
def test_flags_that_are_not_set(value):
  assert loose_values.flag(value) is False


@pytest.mark.parametrize('value', [2, -1, 'x', [1]])
def test_other_values_are_no_flags(value):
  assert loose_values.flag(value) is None
