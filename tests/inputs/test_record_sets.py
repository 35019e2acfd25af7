"""The short form and the list of sets become the same thing."""

from copypaste_tf.inputs import record_sets
from copypaste_tf.inputs.data_config import RecordSet, TrainData

SETS = TrainData(sets=[RecordSet(path='a,b', share=0.5), RecordSet(path='c')])


def test_one_path_is_one_set_that_gives_and_takes():
  assert record_sets.resolve(TrainData(input_path='a')) == [RecordSet(path='a')]


def test_sources_are_a_set_that_is_only_pasted_from():
  data = TrainData(input_path='a', source_input_path='b')
  targets, sources = record_sets.resolve(data)
  assert (targets.path, targets.share, targets.pasted_from) == ('a', 1, False)
  assert (sources.path, sources.share, sources.paste_into) == ('b', 0, False)
  assert record_sets.divided(data) == ([targets], [sources])


def test_sets_are_as_they_are_listed():
  assert record_sets.resolve(SETS) == SETS.sets


def test_each_path_is_known_by_its_field():
  assert record_sets.paths(TrainData(input_path='a')) == {'input_path': 'a'}
  data = TrainData(input_path='a', source_input_path='b')
  assert record_sets.paths(data) == {
    'input_path': 'a',
    'source_input_path': 'b',
  }
  assert record_sets.paths(SETS) == {'sets.0.path': 'a,b', 'sets.1.path': 'c'}


def test_all_patterns_together():
  assert record_sets.patterns(SETS) == 'a,b,c'
  assert record_sets.patterns(TrainData(source_input_path='b')) == 'b'


def test_one_path_for_all_sets():
  for data in (
    SETS,
    TrainData(input_path='a'),
    TrainData(input_path='a', source_input_path='b'),
  ):
    changed = record_sets.with_path(data, 'x')
    assert set(record_sets.paths(changed).values()) == {'x'}
    assert record_sets.paths(changed).keys() == record_sets.paths(data).keys()
  assert [each.share for each in record_sets.with_path(SETS, 'x').sets] == [
    0.5,
    1.0,
  ]
  assert record_sets.patterns(SETS) == 'a,b,c', 'the config itself stays'
