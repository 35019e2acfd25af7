"""A run tells what it finds in its folder."""

import pytest
import tensorflow as tf

from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.run import folder_state


def save(folder, step):
  tf.train.Checkpoint(x=tf.Variable(0.0)).write(str(folder / f'ckpt-{step}'))
  last_good.write_list(str(folder), [f'ckpt-{step}'])


def test_a_new_folder_starts_a_new_run(tmp_path):
  for folder in (tmp_path, tmp_path / 'absent'):
    assert folder_state.describe(str(folder), 4) == (
      f'{folder}: a new run of 4 steps'
    )


def test_a_failed_start_is_told(tmp_path):
  (tmp_path / 'params.yaml').write_text('')
  line = folder_state.describe(str(tmp_path), 4)
  assert 'an earlier start ended before its first checkpoint' in line


@pytest.mark.parametrize(
  ('step', 'told'),
  [
    (0, 'goes on at step 0 of 4'),
    (2, 'goes on at step 2 of 4'),
    (4, 'finished already at step 4 of 4'),
    (6, 'finished already at step 6 of 4'),
  ],
)
def test_the_step_of_a_run_is_told(tmp_path, step, told):
  save(tmp_path, step)
  (tmp_path / 'history.jsonl').write_text('')
  assert told in folder_state.describe(str(tmp_path), 4)


def test_a_run_without_its_list_of_checkpoints_goes_on(tmp_path):
  save(tmp_path, 2)
  (tmp_path / 'checkpoint').unlink()
  assert 'goes on at step 2' in folder_state.describe(str(tmp_path), 4)


def test_a_history_without_checkpoints_is_refused(tmp_path):
  (tmp_path / 'history.jsonl').write_text('')
  with pytest.raises(ValueError, match='but no checkpoint'):
    folder_state.describe(str(tmp_path), 4)


@pytest.mark.parametrize(
  ('step', 'written', 'finished'),
  [
    (4, '{"step": 4}', True),
    (6, '{"step": 6}', True),
    (2, '{"step": 2}', False),
    (4, '{"step": 2}', False),
    (4, '{"st', False),
    (4, None, False),
  ],
)
def test_a_run_has_finished_when_its_last_step_has_results(
  tmp_path, step, written, finished
):
  save(tmp_path, step)
  if written:
    (tmp_path / 'results.json').write_text(written)
  results = folder_state.results(str(tmp_path), 4)
  assert results == ({'step': step} if finished else None)


def test_a_new_folder_has_no_results(tmp_path):
  assert folder_state.results(str(tmp_path), 4) is None
