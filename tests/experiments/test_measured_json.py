import json

import pytest
import table_runs

from experiments import measured_json


@pytest.fixture(scope='module')
def content(whole, pair, parts):
  found = measured_json.of_table(pair, parts, str(whole.folder))
  return json.loads(json.dumps(found, allow_nan=False))


def test_a_row_has_values_by_seed_categories_and_runs(content):
  none, pasted = content['rows']
  spread = none['metrics']['mask_ap']
  assert len(spread['values']) == 3
  assert spread['mean'] == pytest.approx(sum(spread['values']) / 3, abs=2e-3)
  assert spread['standard_deviation'] > 0
  assert {*none['categories']['box_ap']} == {'disc', 'square', 'star', 'ring'}
  assert pasted['row'] == 'pasted' and pasted['seeds'] == [0, 1, 2]


def test_a_run_has_its_conditions(content):
  run = content['rows'][1]['runs']['2']
  assert run['path'] == 'pair/pasted/1/2' and run['step'] == table_runs.STEPS
  assert run['code']['git_commit'] == 'a' * 40
  assert run['command'][1] == '--gin_file=shapes_demo'
  assert run['devices'] and run['evaluated_on']


def test_a_difference_has_both_intervals(content):
  one = content['differences'][0]
  assert (one['row'], one['against'], one['metric']) == (
    'pasted',
    'none',
    'mask_ap',
  )
  assert one['over_seeds'][0] < one['mean'] < one['over_seeds'][1]
  assert one['over_images'][0] < one['mean'] < one['over_images'][1]


def test_the_arms_differ_in_what_the_rows_name(content):
  lines = content['differences'][0]['config']
  assert "task.train_data.copy_paste: None -> 'absent'" in lines
  assert all(x.startswith('task.train_data.copy_paste') for x in lines)
