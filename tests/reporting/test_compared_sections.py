import compared_folders
import pytest
from outline import Outline

from copypaste_tf.reporting import compared_sections, page
from copypaste_tf.reporting.elements import Note

BETTER = {
  'mask_ap': 0.275,
  'mask_ap/disc': 0.45,
  'mask_ap/star': 0.4,
  'mask_ap/ring': 0.1,
}


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  folders = compared_folders.make(
    tmp_path_factory.mktemp('runs'), ['a', 'b'], ['TrainData.seed = 7']
  )
  return compared_folders.read(folders, ({}, BETTER))


def words(section):
  return Outline(page.document('t', 'l', [], [section])).words


def cells(section, title):
  (table,) = [t for name, t in section.content['tables'] if name == title]
  return table.header, {row.name: list(row.cells) for row in table.rows}


def test_metrics_have_differences_to_the_first_run(runs):
  section = compared_sections.metrics(runs, [])
  header, rows = cells(section, 'Mask')
  assert header == ['', 'a', 'b', 'Δ']
  assert rows['AP'] == ['25.0', '27.5', '+2.5']
  assert rows['AP at IoU 0.75'] == ['–', '–', '–']
  assert cells(section, 'Box')[1]['AP'] == ['30.0', '30.0', '0.0']
  assert '+2.5' in words(section)


def test_a_third_run_is_compared_with_the_first(runs):
  third = runs[0]._replace(label='c', metrics={'mask_ap': 0.2})
  header, rows = cells(compared_sections.metrics([*runs, third], []), 'Mask')
  assert header == ['', 'a', 'b', 'Δ', 'c', 'Δ']
  assert rows['AP'] == ['25.0', '27.5', '+2.5', '20.0', '−5.0']


def test_categories_are_sorted_by_their_gain(runs):
  header, rows = cells(compared_sections.categories(runs), 'Mask AP')
  assert header == ['Category', 'Objects', 'a', 'b', 'Δ']
  assert rows == {
    'star': ['2', '20.0', '40.0', '+20.0'],
    'disc': ['7', '50.0', '45.0', '−5.0'],
    'ring': ['0', '–', '10.0', '–'],
  }
  assert [*rows] == ['star', 'disc', 'ring']


def test_settings_list_what_differs(runs):
  found = words(compared_sections.settings(runs))
  start = found.index('task.train_data.seed')
  assert found[start + 1 : start + 3] == ['0', '7']
  assert runs[1].run.model_dir in found


def test_missing_parts_are_noted(runs):
  empty = [one._replace(metrics={}) for one in runs]
  note = Note('There is none.', 'make one')
  section = compared_sections.metrics(empty, [note])
  assert {'There is none.', 'make one'} <= {*words(section)}
  assert compared_sections.categories(empty).content['tables'] == []
  assert 'There is none.' in words(compared_sections.training(runs, [note]))


def test_remarks_are_shown(runs):
  found = words(compared_sections.remarks(['One <b>thing</b>.', 'Another.']))
  assert found[-2:] == ['One <b>thing</b>.', 'Another.']


@pytest.mark.parametrize(
  ('value', 'text'),
  [(None, '–'), (0.0, '0.0'), (-0.0001, '0.0'), (0.012, '+1.2')],
)
def test_differences_have_a_sign_unless_they_are_zero(value, text):
  assert compared_sections.signed(value) == text
