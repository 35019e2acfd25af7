"""A run that diverges recovers and ends, or fails with a report."""

import json
import signal
import subprocess
import sys
import types

import numpy as np
import pytest
import tensorflow as tf
import tiny_run

from copypaste_tf.inputs import pipeline
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import recovery
from copypaste_tf.training.run.recovery import DivergedError, Recoveries

# One batch of the order is poisoned; images come again in other batches.
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import tiny_run

poisoned = set(map(int, sys.argv[3].split(',')))
tiny_run.run(
  sys.argv[2],
  sys.argv[5:],
  tiny_run._killed_at(int(sys.argv[4])),
  lambda ids: set(ids.ravel()) == poisoned,
)
"""


def order(params):
  """Returns the ids of the images of the first batches of a tiny run."""
  data = data_of(params).replace(augment_on='device')
  stages = pipeline.train_stages(data, (32, 32))
  return [
    set(batch.targets.source_id.numpy().tolist())
    for batch in stages['seed'].take(tiny_run.STEPS + 3)
  ]


def data_of(params):
  resolved = gin_config.load(
    ['smoke'], [*tiny_run.PARAMS, 'BATCH_SIZE = 3', *params]
  )
  return resolved.params.task.train_data


def batches(folder):
  return [
    (step, {i for replica in ids for pair in replica for i in pair})
    for step, ids in tiny_run.ids(folder)
  ]


def rows_of(folder):
  lines = (folder / 'model' / recovery.FILE).read_text().splitlines()
  return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_a_run_continues_after_a_bad_batch(shapes_params, tmp_path, capsys):
  expected = order(shapes_params)
  bad = expected[4]
  tiny_run.run(
    tmp_path, shapes_params, poisoned=lambda ids: set(ids.ravel()) == bad
  )
  found = batches(tmp_path)
  # The checkpoint is of step 3; step 4 is the fifth.
  assert [step for step, _ in found] == [*range(5), *range(3, tiny_run.STEPS)]
  positions = [*range(5), *range(5, 5 + tiny_run.STEPS - 3)]
  assert [ids for _, ids in found] == [expected[p] for p in positions]
  (row,) = rows_of(tmp_path)
  assert (row['step'], row['restored'], row['position']) == (5, 3, 5)
  assert row['reason'] == 'the loss is nan' and row['losses'] == {'5': 'nan'}
  assert row['steps'] == [5] and row['source_ids'] == sorted(bad)
  told = capsys.readouterr().out
  assert 'restores step 3' in told and 'recovery 1 of 3' in told
  assert f'step {tiny_run.STEPS}/{tiny_run.STEPS}' in told
  for path in (tmp_path / 'model').glob('ckpt-*.index'):
    reader = tf.train.load_checkpoint(str(path).removesuffix('.index'))
    for name in reader.get_variable_to_shape_map():
      if name.startswith(('model', 'optimizer')) and 'VARIABLE' in name:
        assert np.isfinite(reader.get_tensor(name)).all(), (path, name)


@pytest.mark.thorough
@pytest.mark.slow
def test_a_run_killed_after_a_recovery_resumes_after_the_bad_batch(
  shapes_params, tmp_path
):
  bad = order(shapes_params)[4]
  whole, parts = tmp_path / 'whole', tmp_path / 'parts'
  for folder in (whole, parts):
    folder.mkdir()

  def poisoned(ids):
    return set(ids.ravel()) == bad

  tiny_run.run(whole, shapes_params, poisoned=poisoned)
  killed = subprocess.run(
    [
      *(sys.executable, '-c', SCRIPT, tiny_run.__file__.rpartition('/')[0]),
      *(str(parts), ','.join(map(str, bad)), '8', *shapes_params),
    ],
    capture_output=True,
    text=True,
    check=False,
  )
  assert killed.returncode == -signal.SIGKILL, killed.stderr
  tiny_run.run(parts, shapes_params, poisoned=poisoned)
  # The last checkpoint was written after 6 steps.
  steps = [*range(5), *range(3, 9), *range(6, tiny_run.STEPS)]
  found = tiny_run.ids(parts)
  assert [step for step, _ in found] == steps
  expected = dict(tiny_run.ids(whole))
  assert found[5:] == [(step, expected[step]) for step in steps[5:]]
  tiny_run.assert_same_weights(whole, parts)


@pytest.mark.thorough
@pytest.mark.slow
def test_an_image_suspected_every_time_is_named_in_the_error(
  shapes_params, tmp_path
):
  bad = min(order(shapes_params)[2])
  params = [*shapes_params, 'Divergence.max_recoveries = 1']
  with pytest.raises(DivergedError) as caught:
    tiny_run.run(tmp_path, params, poisoned=lambda ids: bad in ids)
  report = str(caught.value)
  assert 'diverged 2 times; Divergence.max_recoveries = 1' in report
  assert 'the loss is nan' in report and 'ckpt-' in report
  assert str(bad) in report.split('--source_id=')[1].split()[0].split(',')
  first, second = rows_of(tmp_path)
  assert bad in first['source_ids'] and bad in second['source_ids']


@pytest.mark.thorough
@pytest.mark.slow
def test_an_absurd_learning_rate_fails_with_a_report(shapes_params, tmp_path):
  params = [
    *shapes_params,
    'schedule.learning_rate = 1e30',
    'schedule.warmup_learning_rate = 1e30',
    'Divergence.max_recoveries = 2',
    'experiment.log_every = 4',
  ]
  with pytest.raises(DivergedError, match='diverged 3 times') as caught:
    tiny_run.run(tmp_path, params)
  assert 'Lower schedule.learning_rate' in str(caught.value)
  for row in rows_of(tmp_path):
    # The update of a step shows in the loss of the next.
    assert row['restored'] == 0 and row['steps'] == [1, 2]
  assert [row['position'] for row in rows_of(tmp_path)] == [4, 8, 12]


def trainer_at(step):
  """Stands for a restored trainer."""
  config = types.SimpleNamespace(task=None)
  return types.SimpleNamespace(global_step=tf.Variable(step), config=config)


def test_the_inputs_continue_after_the_skipped_batches(tmp_path):
  assert Recoveries(str(tmp_path), trainer_at(40)).position() == 40
  rows = [
    {'restored': 100, 'position': 130},
    {'restored': 200, 'position': 250},
    {'restored': 200, 'position': 270},
  ]
  text = ''.join(json.dumps(row) + '\n' for row in rows)
  (tmp_path / recovery.FILE).write_text(text)
  for step, position in ((100, 130), (150, 180), (200, 270), (300, 370)):
    assert Recoveries(str(tmp_path), trainer_at(step)).position() == position
  # An earlier checkpoint precedes the skipped batches.
  assert Recoveries(str(tmp_path), trainer_at(90)).position() == 90


@pytest.mark.thorough
@pytest.mark.slow
def test_suspects_are_the_images_of_the_replica_and_its_host(shapes_params):
  data = data_of([*shapes_params, 'BATCH_SIZE = 4'])

  def ids(replicas, **layout):
    return list(recovery.source_ids(data, (32, 32), 3, replicas, **layout))

  both = ids([0, 1], num_replicas=2)
  assert [len(each) for each in both] == [2, 2]
  assert ids([1], num_replicas=2) == both[1:]
  hosts = ids([0, 1, 2, 3], num_replicas=4, hosts=2)
  assert len(hosts) == 4 and ids([2], num_replicas=4, hosts=2) == hosts[2:3]


def test_suspects_come_from_all_record_sets(shapes_params):
  params = [
    *shapes_params,
    *('BATCH_SIZE = 4', 'TrainData.input_path = ""'),
    'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
    *('one/RecordSet.path = %TRAIN_RECORDS', 'RecordSet.share = 0.5'),
    *(
      'two/RecordSet.path = %EVAL_RECORDS',
      'two/RecordSet.pasted_from = False',
    ),
  ]
  resolved = gin_config.load(['smoke'], [*tiny_run.PARAMS, *params])
  data = resolved.params.task.train_data
  # Batches of all steps in one go, each with the images of both sets.
  stages = pipeline.train_stages(data.replace(augment_on='device'), (32, 32))
  expected = []
  for batch in stages['seed'].take(5):
    parts = [p for p in (batch.targets, batch.sources) if p is not None]
    expected.append(np.concatenate([p.source_id.numpy() for p in parts]))
  for step in (0, 4):
    (found,) = recovery.source_ids(data, (32, 32), step, [0])
    assert found == sorted(set(expected[step].tolist()))
