"""Record sets of a recipe that do not fit are refused where they stand."""

import pytest
from config_problems import problems_of

from copypaste_tf.inputs.data_config import CopyPaste, RecordSet, TrainData
from copypaste_tf.training.checks import set_checks

SETS = [
  'TrainData.input_path = ""',
  'TrainData.sets = [@one/RecordSet(), @two/RecordSet()]',
  'one/RecordSet.path = %TRAIN_RECORDS',
  'one/RecordSet.share = 0.5',
  'two/RecordSet.path = %EVAL_RECORDS',
  'two/RecordSet.share = 0.5',
]


def test_sets_that_fit_have_no_problems(shapes_params):
  assert problems_of([*shapes_params, *SETS], data=True) == []


def test_a_problem_is_told_with_its_field():
  (problem,) = problems_of([*SETS, 'two/RecordSet.loss_weight = -2.0'])
  assert 'task.train_data.sets.1.loss_weight: expected a finite' in problem


def test_a_path_besides_the_sets_is_refused():
  (problem,) = problems_of(SETS[1:])
  assert 'input_path: TrainData.sets says what is read' in problem


def test_every_set_has_its_records_checked():
  missing = problems_of(
    [*SETS, 'two/RecordSet.path = "gone"'], data=True, mode='train'
  )
  assert 'task.train_data.sets.1.path: no file' in missing[-1]


@pytest.mark.parametrize(('replicas', 'fits'), [(1, 1), (2, 1), (4, 0), (8, 1)])
def test_replicas_share_the_batch_first(replicas, fits):
  """8 images: 8, 4 or 2 each can be halved; so can single ones of 8 replicas.

  Of 2 images only one is pasted from, and cannot be pasted into itself.
  """
  data = TrainData(
    sets=[
      RecordSet(path='a', share=0.5),
      RecordSet(path='b', share=0.5, pasted_from=False),
    ],
    global_batch_size=8,
    copy_paste=CopyPaste(),
  )
  assert (set_checks.problems(data, replicas) == []) == bool(fits)
  assert set_checks.problems(data, 16) == []
