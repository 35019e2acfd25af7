"""Category ids are kept where they can be; else a flag renumbers them."""

import pytest

from tfrecord_tools import category_numbers
from tfrecord_tools.entries import Category


def category(number, name='cat'):
  return {'id': number, 'name': name}


def read(*elements, used=(), first=None):
  return category_numbers.read(
    'x.json', list(elements), first=first, used=lambda: set(used)
  )


def test_ids_are_kept():
  found = read(category(3.0), category('90', None), used=[3])
  assert found.by_id == {3: Category(3, 'cat'), 90: Category(90, '90')}
  assert not found.numbers and not found.notes and not found.remarks


@pytest.mark.parametrize('number', [0, -1, 'a', 2**31, None])
def test_an_unused_category_that_cannot_be_kept_is_left_out(number):
  found = read(category(number, 'back'), category(1), used=[1])
  assert list(found.by_id) == [1]
  assert found.notes == {'unused_categories_left_out': 1}
  (remark,) = found.remarks
  assert "'back', is left out" in remark and '--first_category_id=1' in remark


@pytest.mark.parametrize('number', [0, -1, 'a', 2**31])
def test_an_id_in_use_that_cannot_be_kept_is_refused_with_the_flag(number):
  with pytest.raises(ValueError, match=r'x\.json: .*1 and 31 bits') as caught:
    read(category(number), category(1, 'dog'), used=[number, 1])
  assert '--first_category_id=1 to renumber' in str(caught.value)
  assert "for 'cat', which annotations use" in str(caught.value)


def test_a_category_without_an_id_that_is_in_use_is_refused():
  with pytest.raises(ValueError, match='Give each category an "id"'):
    read(category(None), used=[None])
  with pytest.raises(ValueError, match='one has none'):
    read(category(None), first=1)


def test_integers_move_alike_and_texts_are_numbered():
  moved = read(category(0), category(5, 'dog'), first=1)
  assert moved.numbers == {0: 1, 5: 6}
  assert moved.by_id == {1: Category(1, 'cat'), 6: Category(6, 'dog')}
  moved = read(category(3), category(5, 'dog'), first=1)
  assert moved.numbers == {3: 1, 5: 3}
  texts = read(category('b'), category('a', 'dog'), first=4)
  assert texts.numbers == {'a': 4, 'b': 5}
  far = read(category(1), category(2**40, 'dog'), first=1)
  assert far.numbers == {1: 1, 2**40: 2}
  assert read(first=1).numbers == {}


def test_a_repeated_category_is_counted_and_a_clash_refused():
  assert read(category(1), category('1')).notes == {'repeated_categories': 1}
  message = "two categories have the id 1: 'cat' and 'dog'"
  with pytest.raises(ValueError, match=message):
    read(category(1), category(1, 'dog'))


@pytest.mark.parametrize('value', [{'1': 'cat'}, ['cat'], 'cat', [[1]], 5])
def test_other_values_are_refused(value):
  message = r'"categories": expected a list of objects such as \{"id": 1'
  with pytest.raises(ValueError, match=message):
    category_numbers.read('x.json', value, first=None, used=set)


def test_categories_without_ids_are_refused():
  elements = [{'category_id': 1, 'name': 'cat'}, {'category_id': 2}]
  with pytest.raises(ValueError, match='expected an "id" for each category'):
    read(*elements)


@pytest.mark.parametrize(
  'value',
  [
    {'id': 2, 'name': 'cat'},
    [{'id': [2], 'name': ['cat']}],
    {'id': {'0': 2}, 'name': {'0': 'cat'}},
    {'id': [2], 'name': ['cat']},
  ],
)
def test_categories_in_another_shape_are_read(value):
  found = category_numbers.read('x.json', value, first=None, used=set)
  assert found.by_id == {2: Category(2, 'cat')}


def test_names_that_records_cannot_hold_are_spelled():
  found = read(category(1, '\ud800'), category(2, 5), category(3, ['x']))
  names = [c.name for c in found.by_id.values()]
  assert names == ['\\ud800', '5', '3']


def test_frequencies_are_those_of_lvis():
  elements = [{**category(1), 'frequency': 'r'}]
  elements += [{**category(2), 'frequency': 'rare'}]
  found = read(*elements)
  assert found.by_id[1].frequency == 'r' and found.by_id[2].frequency is None
  assert found.notes == {'frequencies_left_out': 1}
