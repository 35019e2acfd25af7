"""Damaged checkpoints are moved aside; unavailable ones are not."""

import pytest
import tensorflow as tf

from copypaste_tf.training.checkpoints import last_good
from copypaste_tf.training.checkpoints.last_good import set_damaged_aside


@pytest.fixture
def saved(tmp_path):
  """Saves three checkpoints with a manager, as a run does."""
  variable = tf.Variable(tf.range(1000.0))
  manager = tf.train.CheckpointManager(
    tf.train.Checkpoint(variable=variable), str(tmp_path), max_to_keep=3
  )
  for step in (10, 20, 30):
    variable.assign_add(tf.ones([1000]))
    manager.save(checkpoint_number=step)
  return tmp_path


def data(folder, step):
  return folder / f'ckpt-{step}.data-00000-of-00001'


def test_good_checkpoints_stay(saved, tmp_path_factory):
  assert set_damaged_aside(str(saved)) == []
  assert tf.train.latest_checkpoint(str(saved)).endswith('ckpt-30')
  assert set_damaged_aside(str(tmp_path_factory.mktemp('empty'))) == []


def test_the_checkpoint_before_a_truncated_one_is_the_latest(saved):
  data(saved, 30).write_bytes(data(saved, 30).read_bytes()[:1000])
  data(saved, 20).unlink()
  first, second = set_damaged_aside(str(saved))
  assert 'ckpt-30 is damaged' in first and 'ckpt-20 is damaged' in second
  latest = tf.train.latest_checkpoint(str(saved))
  assert latest.endswith('ckpt-10')
  variable = tf.Variable(tf.zeros([1000]))
  checkpoint = tf.train.Checkpoint(variable=variable)
  manager = tf.train.CheckpointManager(checkpoint, str(saved), max_to_keep=3)
  manager.restore_or_initialize()
  assert float(variable[0]) == 1.0
  assert [path[-2:] for path in manager.checkpoints] == ['10']
  # The remaining files are kept; a person may need them.
  assert (saved / 'damaged/ckpt-30.index').exists()
  assert (saved / 'damaged/ckpt-20.index').exists()


def test_flipped_bytes_are_detected(saved):
  whole = bytearray(data(saved, 30).read_bytes())
  whole[2000] ^= 0xFF
  data(saved, 30).write_bytes(bytes(whole))
  (fault,) = set_damaged_aside(str(saved))
  assert 'variable/.ATTRIBUTES/VARIABLE_VALUE cannot be read' in fault


def test_without_an_intact_checkpoint_nothing_is_moved(saved):
  for step in (10, 20, 30):
    data(saved, step).write_bytes(b'')
  with pytest.raises(ValueError, match='no checkpoint is left'):
    set_damaged_aside(str(saved))
  assert data(saved, 30).exists()
  assert tf.train.latest_checkpoint(str(saved)).endswith('ckpt-30')


def test_an_unavailable_file_is_no_damage(saved):
  data(saved, 30).unlink()
  data(saved, 30).mkdir()  # Reading a folder as a file raises an error.
  with pytest.raises(tf.errors.FailedPreconditionError):
    set_damaged_aside(str(saved))
  assert not (saved / 'damaged').exists()
  assert tf.train.latest_checkpoint(str(saved)).endswith('ckpt-30')


def test_a_temporary_failure_is_no_damage(saved, monkeypatch):
  read, calls = last_good._read_values, []

  def once(path):
    calls.append(path)
    return 'unavailable' if len(calls) == 1 else read(path)

  monkeypatch.setattr(last_good, '_read_values', once)
  assert set_damaged_aside(str(saved)) == []
  assert len(calls) == 2 and not (saved / 'damaged').exists()


@pytest.mark.parametrize('text', ['', 'model_checkpoint_path: "ck', None])
def test_a_damaged_or_missing_list_is_rebuilt_from_the_files(saved, text):
  (saved / 'checkpoint').unlink()
  (saved / 'ckpt-of-mine.index').write_text('of the user')
  if text is not None:
    (saved / 'checkpoint').write_text(text)
  assert set_damaged_aside(str(saved)) == []
  state = tf.train.get_checkpoint_state(str(saved))
  names = [path[-2:] for path in state.all_model_checkpoint_paths]
  assert names == ['10', '20', '30']
  assert state.model_checkpoint_path.endswith('ckpt-30')


def test_an_unavailable_list_is_not_an_empty_one(saved):
  (saved / 'checkpoint').unlink()
  (saved / 'checkpoint').mkdir()
  with pytest.raises(tf.errors.FailedPreconditionError):
    set_damaged_aside(str(saved))


def test_temporary_folders_of_killed_saves_are_removed(saved):
  unfinished = saved / 'ckpt-40_temp'
  unfinished.mkdir()
  (unfinished / 'part-00000-of-00001.data-00000-of-00001').write_bytes(b'x')
  (saved / 'ckpt-40_temperature.txt').write_text('of the user')
  assert set_damaged_aside(str(saved)) == []
  assert not unfinished.exists()
  assert (saved / 'ckpt-40_temperature.txt').exists()


@pytest.mark.parametrize(
  'content',
  [
    None,
    b'',
    b'no list {{{',
    b'\xff\xfe\0',
    b'model_checkpoint_path: "/old/place/ckpt-30"\n'
    b'all_model_checkpoint_paths: "/old/place/ckpt-30"\n',
  ],
)
def test_a_list_of_another_place_or_none_hides_no_checkpoint(saved, content):
  (saved / 'checkpoint').unlink()
  if content is not None:
    (saved / 'checkpoint').write_bytes(content)
  assert last_good.latest(str(saved)) == str(saved / 'ckpt-30')
  assert set_damaged_aside(str(saved)) == []
  assert tf.train.latest_checkpoint(str(saved)) == str(saved / 'ckpt-30')


def test_the_latest_needs_its_index(saved, tmp_path_factory):
  (saved / 'ckpt-30.index').unlink()
  assert last_good.latest(str(saved)) is None
  assert last_good.latest(str(tmp_path_factory.mktemp('empty'))) is None
