"""What a run says about its numbers, and why some do not count."""

import json

import pytest
import table_runs

from copypaste_tf import whole_files
from experiments import cells, measured_run


@pytest.fixture(scope='module')
def pair():
  return table_runs.pair()


@pytest.fixture
def runs(tmp_path):
  return table_runs.Runs(tmp_path / 'runs')


def read(folder, row, seed=0):
  command = cells.command('', row.recipe, row.lines(1.0, seed))
  return measured_run.read(str(folder), command)


def write_rows(folder, *rows):
  whole_files.write_rows(str(folder / 'history.jsonl'), rows)


def test_a_finished_run_has_its_last_metrics_and_conditions(runs, pair):
  folder = runs.write(pair.row('pasted'), 0)
  run = read(folder, pair.row('pasted'))
  assert not run.problem and run.commit == 'aaaaaaa' and not run.extra
  expected = json.loads((folder / 'results.json').read_text())['eval']
  assert run.metrics['mask_ap'] == expected['mask_ap']
  assert run.code['tensorflow']


def test_an_unfinished_run_says_how_far_it_is(runs, pair, tmp_path):
  assert read(tmp_path / 'none', pair.row('none')) == 'not begun'
  folder = runs.write(pair.row('none'), 0)
  (folder / 'results.json').unlink()
  assert read(folder, pair.row('none')) == 'at step 0 of 4'


def test_an_arm_that_pasted_nothing_does_not_count(runs, pair):
  run = read(runs.write(pair.row('pasted'), 0, pasted=0.0), pair.row('pasted'))
  assert run.problem == 'copy_paste never acted (paste/objects_pasted is 0)'
  assert not run.metrics
  assert not read(runs.write(pair.row('none'), 0), pair.row('none')).problem


def test_an_evaluation_before_the_last_step_does_not_count(runs, pair):
  folder = runs.write(pair.row('none'), 0)
  metrics = json.loads((folder / 'results.json').read_text())['eval']
  write_rows(folder, {'step': 2, **metrics})
  assert read(folder, pair.row('none')).problem == (
    'evaluated at step 2 and not at 4'
  )
  table_runs.change(folder / 'results.json', eval={})
  assert read(folder, pair.row('none')).problem == 'not evaluated'


def test_a_run_of_other_bindings_does_not_count(runs, pair):
  folder = runs.write(pair.row('pasted'), 0)
  assert read(folder, pair.row('none')).problem == (
    'ran without TrainData.copy_paste = None'
  )


def test_metrics_without_ground_truth_are_absent(runs, pair):
  folder = runs.write(pair.row('none'), 0)
  assert 'mask_ap_large' not in read(folder, pair.row('none')).metrics


def test_records_are_known_by_their_contents(tmp_path):
  first, copy, other = (tmp_path / n for n in ('a', 'b', 'c'))
  for path, text in ((first, 'x'), (copy, 'x'), (other, 'y')):
    path.write_text(text)
  digests = [measured_run.digest(str(p)) for p in (first, copy, other)]
  assert digests[0] == digests[1] != digests[2]
  gone = measured_run.digest('gone-*')
  assert gone == measured_run.digest('gone-*') != measured_run.digest('gone2-*')


def test_runs_of_other_code_packages_or_records_are_mixed(runs, pair):
  row = pair.row('none')
  folders = [runs.write(row, seed) for seed in (0, 1)]
  same = [read(folder, row, seed) for seed, folder in enumerate(folders)]
  assert not measured_run.changes(same)
  table_runs.change(
    folders[1] / 'versions.json',
    git_commit='b' * 40,
    packages=dict(same[0].code, tensorflow='2.19.0'),
  )
  found = measured_run.changes([same[0], read(folders[1], row, 1)])
  assert found[0] == 'mixed git_commit: aaaaaaa, bbbbbbb'
  assert any(line.startswith('mixed tensorflow: 2.19.0, ') for line in found)


def test_runs_on_other_records_are_mixed(runs, pair, tmp_path):
  row = pair.row('none')
  other = table_runs.Runs(tmp_path / 'other')
  first = read(runs.write(row, 0), row)
  second = read(other.write(row, 1), row, 1)
  assert not measured_run.differences([first, second])  # Equal contents.
  with open(other.records, 'ab') as file:
    file.write(b'more')
  second = read(other.folder / 'pair/none/1/1', row, 1)
  assert measured_run.differences([first, second]) == [
    'mixed evaluation records'
  ]


def test_settings_that_no_row_names_must_be_those_of_all_runs(runs, pair):
  row = pair.row('none')
  first, folder = read(runs.write(row, 0), row), runs.write(row, 1)
  command = json.loads((folder / 'versions.json').read_text())['command']
  table_runs.change(
    folder / 'versions.json', command=[*command, '--gin_params=runtime.x = 1']
  )
  second = read(folder, row, 1)
  assert second.extra == ('runtime.x = 1',)
  assert measured_run.differences([first, second]) == [
    'mixed settings that the rows do not name'
  ]


def test_a_config_that_differs_in_more_than_the_seed_is_mixed(runs, pair):
  row = pair.row('none')
  first, folder = read(runs.write(row, 0), row), runs.write(row, 1)
  params = (folder / 'params.yaml').read_text()
  assert 'l2_weight_decay: 4.0e-05' in params
  changed = params.replace('l2_weight_decay: 4.0e-05', 'l2_weight_decay: 0.5')
  (folder / 'params.yaml').write_text(changed)
  found = measured_run.changes([first, read(folder, row, 1)])
  assert found == ['mixed task.losses.l2_weight_decay: 0.5 -> 4e-05']
