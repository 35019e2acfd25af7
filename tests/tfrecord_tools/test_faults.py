import pytest

from tfrecord_tools.faults import ConversionError, Drops, SourceError

FAULT = SourceError('empty mask', 'expected a pixel, got none')


def test_a_fault_names_its_reason_and_its_detail():
  assert str(FAULT) == 'empty mask: expected a pixel, got none'


def test_drops_count_and_keep_the_first_ten_places():
  drops = Drops()
  for number in range(12):
    drops.annotation(7, number, FAULT)
  drops.image(8, FAULT)
  assert drops.annotations == {'empty mask': 12}
  assert drops.images == {'empty mask': 1}
  places = [example['place'] for example in drops.examples['empty mask']]
  assert places == [f'image 7, annotation {i}' for i in range(10)]


def test_drops_of_two_shards_add_up_and_survive_json():
  first, second = Drops(), Drops()
  for number in range(6):
    first.annotation(1, number, FAULT)
    second.annotation(2, number, FAULT)
  first.add(Drops.from_json(second.to_json()))
  assert first.annotations == {'empty mask': 12}
  assert len(first.examples['empty mask']) == 10


def test_a_strict_conversion_stops_at_the_first_fault():
  drops = Drops(stop=True)
  with pytest.raises(ConversionError, match='image 7, annotation 3: empty'):
    drops.annotation(7, 3, FAULT)


def test_what_a_file_says_cannot_control_the_terminal():
  drops = Drops()
  drops.annotation('\x1b[2J', 'a\nb', SourceError('r', 'no \x07\ud800.jpg'))
  (example,) = drops.examples['r']
  assert example == {
    'place': 'image \\x1b[2J, annotation a\\nb',
    'detail': 'no \\x07\\ud800.jpg',
  }
  with pytest.raises(ConversionError) as caught:
    Drops(stop=True).image('\x1b', SourceError('r', '\r'))
  assert str(caught.value).isprintable()
