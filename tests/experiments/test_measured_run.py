"""What a run says about its numbers, and why some do not count."""

import json
import shutil

import pytest
import table_runs

from experiments import cells, measured_run


@pytest.fixture
def none(pair):
  return pair.row('none')


def read(runs, row, seed=0):
  command = cells.command('', row.recipe, row.lines(1.0, seed))
  return measured_run.read(str(runs.path(row, seed)), command)


def test_a_finished_run_has_its_last_metrics_and_conditions(whole, pair):
  row = pair.row('pasted')
  run = read(whole, row)
  assert not run.problem and run.commit == 'aaaaaaa' and not run.extra
  results = json.loads((whole.path(row, 0) / 'results.json').read_text())
  assert run.metrics['mask_ap'] == results['eval']['mask_ap']
  assert results['eval']['mask_ap_large'] == -1  # There is no such object.
  assert 'mask_ap_large' not in run.metrics
  assert run.code['tensorflow']


def test_an_unfinished_run_says_how_far_it_is(runs, none):
  (runs.path(none, 0) / 'results.json').unlink()
  assert read(runs, none) == 'at step 0 of 4'
  shutil.rmtree(runs.path(none, 0))
  assert read(runs, none) == 'not begun'


def test_an_arm_that_pasted_nothing_does_not_count(runs, pair):
  row = pair.row('pasted')
  runs.evaluate(runs.path(row, 0), 0, 0.5, pasted=0.0)
  run = read(runs, row)
  assert run.problem == 'copy_paste never acted (paste/objects_pasted is 0)'
  assert not run.metrics


def test_an_arm_that_mixed_nothing_does_not_count(runs, none):
  folder = runs.path(none, 0)
  params = (folder / 'params.yaml').read_text()
  assert "composition: ''" in params
  mixed = params.replace("composition: ''", 'composition: mixup(alpha=1.0)')
  (folder / 'params.yaml').write_text(mixed)
  run = read(runs, none)
  assert run.problem == 'mixup never acted (mixup/images_mixed is 0)'


def test_an_arm_without_paste_need_not_paste(whole, none):
  assert not read(whole, none).problem


def test_an_evaluation_before_the_last_step_does_not_count(runs, none):
  folder = runs.path(none, 0)
  metrics = json.loads((folder / 'results.json').read_text())['eval']
  table_runs.write_rows(folder, {'step': 2, **metrics})
  assert read(runs, none).problem == 'evaluated at step 2 and not at 4'
  table_runs.change(folder / 'results.json', eval={})
  assert read(runs, none).problem == 'not evaluated'


def test_a_run_of_other_bindings_does_not_count(runs, pair, none):
  shutil.rmtree(runs.path(none, 0))
  runs.path(pair.row('pasted'), 0).rename(runs.path(none, 0))
  assert read(runs, none).problem == 'ran without TrainData.copy_paste = None'


def test_records_are_known_by_their_contents(tmp_path):
  first, copy, other = (tmp_path / n for n in ('a', 'b', 'c'))
  for path, text in ((first, 'x'), (copy, 'x'), (other, 'y')):
    path.write_text(text)
  digests = [measured_run.digest(str(p)) for p in (first, copy, other)]
  assert digests[0] == digests[1] != digests[2]
  gone = measured_run.digest('gone-*')
  assert gone == measured_run.digest('gone-*') != measured_run.digest('gone2-*')


def test_a_manifest_that_does_not_state_the_contents_does_not_tell(tmp_path):
  digests = []
  for name, text, facts in (
    ('a', 'x', {}),
    ('b', 'y', {}),
    ('c', 'x', {'fingerprint': '1'}),
    ('d', 'y', {'fingerprint': '1'}),
  ):
    folder = tmp_path / name
    folder.mkdir()
    shard = 'train-00000-of-00001.tfrecord'
    (folder / shard).write_text(text)
    manifest = {'shards': [{'file': shard, 'size': 1, **facts}]}
    (folder / 'train-manifest.json').write_text(json.dumps(manifest))
    digests.append(measured_run.digest(f'{folder}/train-*'))
  assert digests[0] != digests[1] and digests[2] == digests[3]


def test_runs_of_other_code_or_packages_are_mixed(runs, none):
  same = [read(runs, none, seed) for seed in (0, 1)]
  assert not measured_run.changes(same)
  packages = same[1].run.versions['packages'] | {'tensorflow': '2.19.0'}
  path = runs.path(none, 1) / 'versions.json'
  table_runs.change(path, git_commit='b' * 40, packages=packages)
  found = measured_run.changes([same[0], read(runs, none, 1)])
  assert found[0] == 'mixed git_commit: aaaaaaa (seed 0), bbbbbbb (seed 1)'
  assert found[1].startswith('mixed tensorflow: 2.19.0 (seed 1), ')
  assert found[2] == 'remove the folders of one and start run_table again'
  table_runs.change(path, git_commit='a' * 40 + '+', packages=packages)
  found = measured_run.changes([same[0], read(runs, none, 1)])
  assert found[0] == 'mixed git_commit: aaaaaaa (seed 0), aaaaaaa+ (seed 1)'


def test_records_of_another_name_are_the_same_and_of_other_contents_not(
  runs, none, tmp_path
):
  params = runs.path(none, 1) / 'params.yaml'
  other = tmp_path / 'other.tfrecord'
  shutil.copy(runs.records, other)
  text = params.read_text()
  params.write_text(text.replace(runs.records, str(other)))
  assert str(other) in params.read_text()
  first = read(runs, none)
  assert not measured_run.changes([first, read(runs, none, 1)])
  with open(other, 'ab') as file:
    file.write(b'more')
  found = measured_run.changes([first, read(runs, none, 1)])
  assert found == ['mixed evaluation records']


def test_settings_that_no_row_names_must_be_those_of_all_runs(runs, none):
  path = runs.path(none, 1) / 'versions.json'
  command = json.loads(path.read_text())['command']
  table_runs.change(path, command=[*command, '--gin_params=runtime.x = 1'])
  second = read(runs, none, 1)
  assert second.extra == ('runtime.x = 1',)
  assert measured_run.differences([read(runs, none), second]) == [
    'mixed settings that the rows do not name'
  ]


def test_a_config_that_differs_in_more_than_the_seed_is_mixed(runs, none):
  params = runs.path(none, 1) / 'params.yaml'
  decay = 'l2_weight_decay: 4.0e-05'
  assert decay in params.read_text()
  params.write_text(params.read_text().replace(decay, 'l2_weight_decay: 0.5'))
  found = measured_run.changes([read(runs, none), read(runs, none, 1)])
  assert found == ['mixed task.losses.l2_weight_decay: 0.5 -> 4e-05']


def test_seeds_that_started_from_other_weights_are_mixed(runs, none, tmp_path):
  for seed in (0, 1):
    path = runs.path(none, seed) / 'params.yaml'
    bare, start = "init_checkpoint: ''", f'init_checkpoint: /gone/{seed}'
    assert bare in path.read_text()
    path.write_text(path.read_text().replace(bare, start))
  both = [read(runs, none, seed) for seed in (0, 1)]
  assert measured_run.changes(both) == [
    'mixed weights to start from (init_checkpoint)'
  ]
  command = cells.command('', none.recipe, none.lines(1.0, 0))
  of_row = measured_run.read(str(runs.path(none, 0)), command, 'gone/0')
  assert not of_row.problem and not of_row.started_from
  other = measured_run.read(str(runs.path(none, 0)), command, 'table/row/1/0')
  assert other.problem == 'started from /gone/0 and not from table/row/1/0'
