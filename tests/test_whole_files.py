import pytest

from copypaste_tf.training import whole_files


def test_a_file_is_replaced_as_a_whole(tmp_path):
  path = tmp_path / 'results.json'
  path.write_text('{"step": 1}')
  before = path.stat().st_ino
  whole_files.write(str(path), '{"step": 2}')
  assert whole_files.read_json(str(path)) == {'step': 2}
  assert path.stat().st_ino != before
  assert [x.name for x in tmp_path.iterdir()] == ['results.json']


def test_missing_and_damaged_files(tmp_path):
  path = tmp_path / 'results.json'
  assert whole_files.read_json(str(path)) is None
  path.write_text('{"step"')
  with pytest.raises(ValueError, match=r'results\.json is not JSON'):
    whole_files.read_json(str(path))
