import json

import pytest

from copypaste_tf.training.run import derived_values


@pytest.fixture
def begun(tmp_path):
  """A folder of a run that has a checkpoint."""
  derived_values.keep(str(tmp_path), {'w.json': [1, 2]}, overwrite=False)
  for end in ('index', 'data-00000-of-00001'):
    (tmp_path / f'ckpt-1.{end}').touch()
  return tmp_path


def kept(folder):
  return json.loads((folder / 'w.json').read_text())


def test_a_run_goes_on_with_the_values_that_it_began_with(begun):
  derived_values.keep(str(begun), {'w.json': [1, 2]}, overwrite=False)
  with pytest.raises(ValueError, match=r'w\.json differs.*--model_dir'):
    derived_values.keep(str(begun), {'w.json': [1, 3]}, overwrite=False)
  assert kept(begun) == [1, 2]


def test_other_values_are_taken_if_asked_for(begun):
  derived_values.keep(str(begun), {'w.json': [1, 3]}, overwrite=True)
  assert kept(begun) == [1, 3]


def test_a_start_that_failed_does_not_bind_the_next(tmp_path):
  for values in ([1], [2]):
    derived_values.keep(str(tmp_path), {'w.json': values}, overwrite=False)
  assert kept(tmp_path) == [2]
