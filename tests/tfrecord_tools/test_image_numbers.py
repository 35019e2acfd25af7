"""Image ids become integers that stay when images are added."""

from tfrecord_tools import image_numbers


def test_integers_are_kept():
  numbers = image_numbers.Numbers([1, '2', 3.0])
  assert [numbers.of(v) for v in (1, '1', 2, 3, 99)] == [1, 1, 2, 3, 99]
  assert not numbers.new


def test_texts_and_long_integers_get_numbers_that_stay():
  few = image_numbers.Numbers(['b', 2**63])
  many = image_numbers.Numbers(['a', 'b', 'c', 2**63, 5])
  assert few.of('b') == many.of(' b ') == few.new['b']
  assert few.of(2**63) == many.of(str(2**63)) == few.new[str(2**63)]
  values = list(many.new.values())
  assert len(set(values)) == 4 and 0 <= min(values) <= max(values) < 2**53


def test_a_taken_number_is_not_given_again():
  number = image_numbers.Numbers(['b']).of('b')
  assert image_numbers.Numbers([number, 'b']).of('b') == number + 1


def test_distinct_texts_get_distinct_numbers_whatever_they_look_like():
  texts = ['7', ' 7', 'None', '7.0', '']
  numbers = image_numbers.from_digests(texts)
  assert set(numbers) == set(texts) and len({*numbers.values()}) == 5
  taken = image_numbers.from_digests(['7'], taken=[numbers['7']])
  assert taken == {'7': numbers['7'] + 1}


def test_other_values_have_no_number():
  numbers = image_numbers.Numbers(['None', 'x', None])
  values = (None, 'y', True, [1], 1.5, 'None')
  assert [numbers.of(value) for value in values] == [None] * 6
