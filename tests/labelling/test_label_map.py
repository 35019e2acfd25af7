"""Places that name the classes must agree."""

import pytest

from copypaste_tf.labelling import label_map

NAMES = {1: 'cat', 3: 'dog'}


def test_the_first_place_with_names_is_taken():
  sources = {'a': {}, 'b': NAMES, 'c': dict(NAMES)}
  assert label_map.agreed(sources, 4) is NAMES


@pytest.mark.parametrize(
  'other', [{1: 'cat', 3: 'cow'}, {1: 'cat'}, {2: 'dog'}]
)
def test_other_names_or_ids_are_refused(other):
  with pytest.raises(ValueError, match='b and c: .* ids differ'):
    label_map.agreed({'b': NAMES, 'c': other}, 4)
  assert label_map.agreed({'b': NAMES, 'c': other}, 4, force=True) is NAMES


def test_an_id_beyond_the_model_is_refused():
  with pytest.raises(ValueError, match='category 3, the model has 3 classes'):
    label_map.agreed({'b': NAMES}, 3)


def test_some_place_must_name_the_classes():
  for force in (False, True):
    with pytest.raises(ValueError, match='give --label_map'):
      label_map.agreed({'a': {}}, 4, force=force)


def test_thresholds_of_unknown_classes_are_refused():
  label_map.require_known({3: 0.5}, NAMES, 'file')
  with pytest.raises(ValueError, match=r'file: .* no categories \[2, 5\]'):
    label_map.require_known({5: 0.5, 1: 0.5, 2: 0.1}, NAMES, 'file')
