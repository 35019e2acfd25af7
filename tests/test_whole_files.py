import pytest

from copypaste_tf import whole_files


def test_a_file_is_replaced_as_a_whole(tmp_path):
  path = tmp_path / 'results.json'
  path.write_text('{"step": 1}')
  before = path.stat().st_ino
  whole_files.write(str(path), '{"step": 2}')
  assert whole_files.read_json(str(path)) == {'step': 2}
  assert path.stat().st_ino != before
  assert [x.name for x in tmp_path.iterdir()] == ['results.json']


def test_a_missing_file_reads_as_none_and_a_damaged_file_is_an_error(tmp_path):
  path = tmp_path / 'results.json'
  assert whole_files.read_json(str(path)) is None
  path.write_text('{"step"')
  with pytest.raises(ValueError, match=r'results\.json is not JSON'):
    whole_files.read_json(str(path))


def test_a_truncated_last_row_is_ignored(tmp_path):
  path = str(tmp_path / 'rows.jsonl')
  assert whole_files.read_rows(path) == []
  rows = [{'step': 1, 'loss': 0.1}, {'step': 2, 'ids': [3, 4]}]
  whole_files.write_rows(path, rows)
  assert whole_files.read_rows(path) == rows
  with open(path, 'a') as file:
    file.write('{"step": 3')
  assert whole_files.read_rows(path) == rows
  assert whole_files.read_rows(path, mend=True) == rows
  assert (tmp_path / 'rows.jsonl').read_text().endswith('}\n')
  with open(path, 'a') as file:
    file.write('{"step": 3\n')
  with pytest.raises(ValueError, match='rows.jsonl is damaged'):
    whole_files.read_rows(path)
