import errno
import hashlib
import os
import pathlib
import shutil

import pytest
import tensorflow as tf

from copypaste_tf import whole_files


def test_a_file_that_is_replaced_while_it_is_read_is_read_whole(
  tmp_path, monkeypatch
):
  path = str(tmp_path / 'numbers.json')
  whole_files.write(path, '{"before": "a longer content"}')

  class Late(tf.io.gfile.GFile):
    def read(self, n=-1):
      super().read(0)  # Opens the file.
      if os.path.getsize(path) > 2:
        with whole_files.replacing(path) as new, open(new, 'w') as file:
          file.write('{}')
      return super().read(n)

  monkeypatch.setattr(tf.io.gfile, 'GFile', Late)
  assert whole_files.read_json(path) == {'before': 'a longer content'}
  assert whole_files.read_json(path) == {}


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


def test_the_folders_of_an_output_are_made(tmp_path):
  path = tmp_path / 'a' / 'b' / 'c.json'
  whole_files.check_file(str(path), '--output')
  assert path.parent.is_dir() and not path.exists()
  whole_files.check_folder(str(tmp_path / 'd' / 'e'), '--output')
  assert not list((tmp_path / 'd' / 'e').iterdir())


def test_a_file_that_exists_keeps_its_content(tmp_path):
  path = tmp_path / 'a.json'
  path.write_text('mine')
  whole_files.check_file(str(path), '--output')
  assert path.read_text() == 'mine'
  whole_files.check_file('/dev/null', '--output')


@pytest.mark.parametrize('check', ['check_file', 'check_folder'])
def test_an_output_below_a_file_is_refused_with_its_flag(tmp_path, check):
  (tmp_path / 'file').write_text('')
  path = f'{tmp_path}/file/x'
  with pytest.raises(ValueError, match=f'^--metrics={path}: .*irectory'):
    getattr(whole_files, check)(path, '--metrics')


def test_a_folder_is_no_file(tmp_path):
  with pytest.raises(ValueError, match='expected a file, got a folder'):
    whole_files.check_file(str(tmp_path), '--metrics')


def test_content_that_cannot_be_written_is_kept_elsewhere(tmp_path):
  def write(path):
    with open(path, 'w') as file:
      file.write('numbers')

  whole_files.write_or_keep(f'{tmp_path}/a.json', write)
  assert (tmp_path / 'a.json').read_text() == 'numbers'
  with pytest.raises(ValueError, match='No such file .* kept in') as error:
    whole_files.write_or_keep(f'{tmp_path}/none/a.json', write)
  kept = pathlib.Path(str(error.value).split(' kept in ')[1])
  assert kept.name == 'a.json' and kept.read_text() == 'numbers'
  shutil.rmtree(kept.parent)


def test_a_full_disk_everywhere_is_one_line(tmp_path):
  def write(path):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

  with pytest.raises(ValueError, match=r'No space left.*; nor was .*No space'):
    whole_files.write_or_keep(f'{tmp_path}/a.json', write)


def test_an_error_of_the_file_system_is_the_flag_and_the_reason(tmp_path):
  for read in (open, lambda path: tf.io.gfile.GFile(path).read()):
    with (
      pytest.raises(ValueError, match=r'^--results: [^/;]+$'),
      whole_files.file_errors('--results'),
    ):
      read(str(tmp_path / 'none'))


def test_the_written_file_itself_is_moved_into_place(tmp_path):
  path = tmp_path / 'x'
  with whole_files.replacing(str(path)) as temporary:
    pathlib.Path(temporary).write_bytes(b'new')
    assert not path.exists()
    assert os.path.dirname(temporary) == str(tmp_path)
    inode = os.stat(temporary).st_ino
  assert path.read_bytes() == b'new'
  assert path.stat().st_ino == inode
  assert os.listdir(tmp_path) == ['x']


@pytest.mark.parametrize('root', [None, 'ram://replacing'])
def test_a_failure_keeps_the_earlier_file(tmp_path, root):
  root = root or str(tmp_path)
  whole_files.write_bytes(f'{root}/x', b'old')

  def fail(temporary):
    with tf.io.gfile.GFile(temporary, 'wb') as file:
      file.write(b'half')
    raise RuntimeError('stop')

  with (
    pytest.raises(RuntimeError, match='stop'),
    whole_files.replacing(f'{root}/x') as temporary,
  ):
    fail(temporary)
  with tf.io.gfile.GFile(f'{root}/x', 'rb') as file:
    assert file.read() == b'old'
  assert tf.io.gfile.listdir(root) == ['x']


def test_attempts_at_the_same_file_do_not_share_a_temporary_one(tmp_path):
  path = str(tmp_path / 'x')
  with (
    whole_files.replacing(path) as first,
    whole_files.replacing(path) as second,
  ):
    assert first != second
    for temporary, text in ((first, 'a'), (second, 'b')):
      pathlib.Path(temporary).write_text(text)
  assert (tmp_path / 'x').read_text() == 'a'


def test_removing_a_missing_file_is_no_error(tmp_path):
  whole_files.remove(str(tmp_path / 'none'))


def test_a_digest_is_that_of_the_bytes(tmp_path, monkeypatch):
  monkeypatch.setattr(whole_files, '_PIECE', 4)
  path = tmp_path / 'x'
  path.write_bytes(b'0123456789')
  expected = hashlib.sha256(b'0123456789').hexdigest()
  assert whole_files.sha256(str(path)) == expected
