"""The records of a table: each command exists and makes what is read."""

import pytest
from loaded_module import load

from experiments import table_data
from experiments.table_data import Files

FILES = Files('images', 'train.json', 'val.json')


@pytest.mark.parametrize('name', table_data.SOURCES)
def test_each_command_parses_and_its_records_are_read(name):
  data = table_data.get(name, 'out', 1.0, FILES)
  made = []
  for module, *arguments in data.commands.values():
    _, values = load(module)
    assert values(['verb', *arguments]) == ['verb']
    made += [
      argument.partition('=')[2]
      for argument in arguments
      if argument.startswith(('--output_prefix=', '--output='))
    ]
  assert data.bindings
  for line in data.bindings:
    pattern = line.partition('=')[2].strip().strip("'")
    assert any(pattern.startswith(prefix) for prefix in made), line


def test_fractions_lie_side_by_side_and_share_the_images_to_evaluate_on():
  few, all_of_them = (
    table_data.get('nuclei', 'out', fraction, FILES) for fraction in (0.1, 1.0)
  )
  assert few.bindings[0] == "TRAIN_RECORDS = 'out/train-0.1-*.tfrecord'"
  assert all_of_them.bindings[0] == "TRAIN_RECORDS = 'out/train-1-*.tfrecord'"
  assert few.bindings[1] == all_of_them.bindings[1]
  first = [*few.commands.values()][0]
  assert '--fraction=0.1' in first and '--annotations=train.json' in first


def test_the_nuclei_are_found_in_the_folder_of_real_data(monkeypatch):
  monkeypatch.setenv('COPYPASTE_TF_DATA', '/data')
  data = table_data.get('nuclei', 'out', 0.1, Files())
  assert '--image_dir=/data/nuclei/images' in [*data.commands.values()][0]


def test_all_images_of_a_recipe_need_no_conversion():
  assert table_data.get('recipe', 'out', 1.0, Files()) == ({}, [])


@pytest.mark.parametrize(
  ('name', 'fraction', 'message'),
  [
    ('recipe', 0.1, '10% of the training images needs --image_dir'),
    ('nuclei', 0.1, '--image_dir, --annotations and --val_annotations, or'),
    ('shapes', 0.5, 'expected the fraction 1, got 0.5'),
    ('shapes_selftraining', 0.5, 'expected the fraction 1, got 0.5'),
  ],
)
def test_records_that_cannot_be_made_are_refused(
  name, fraction, message, monkeypatch
):
  monkeypatch.delenv('COPYPASTE_TF_DATA', raising=False)
  with pytest.raises(ValueError, match=message):
    table_data.get(name, 'out', fraction, Files())
