"""JSON files are read in every encoding; faulty ones are explained."""

import gzip
import hashlib
import json

import pytest

from tfrecord_tools import json_files

DATA = {'images': [{'id': 1, 'file_name': 'é.jpg'}]}
TEXT = json.dumps(DATA, ensure_ascii=False)


def read(tmp_path, content):
  path = tmp_path / 'x.json'
  path.write_bytes(content)
  return json_files.read(str(path))


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-32'])
@pytest.mark.parametrize('compress', [bytes, gzip.compress])
def test_encodings_and_gzip(tmp_path, encoding, compress):
  content = compress(TEXT.encode(encoding))
  found = read(tmp_path, content)
  assert found.data == DATA and not found.repeated
  assert found.size == len(content)
  assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (b'', 'expected JSON, the file is empty'),
    (b' \n', 'only blanks'),
    (TEXT.encode()[:-1], 'ends in the middle, at line 1, column'),
    (TEXT.encode()[:-6], 'the text that begins at line 1, column .* truncated'),
    (b'{"a": 1}\n{"a": 2}', r'JSON lines.*"images"'),
    (b'{"a": 1,, }', r"at line 1, column 9, got ', }'"),
    (TEXT.encode('latin-1'), 'byte 36 is not utf-8. Save the file as UTF-8'),
    (
      gzip.compress(TEXT.encode(), mtime=0)[:-9],
      'gzip file is damaged.*Copy it again',
    ),
    (b'<annotation/>', 'this is XML as of Pascal VOC, for create_voc_tfrecord'),
    (b'<html/>', 'this is XML or HTML'),
    (b'PK\x03\x04', 'this is a ZIP archive; unpack it'),
    (b'version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'),
    (b'[' * 100_000, 'nested more than'),
    (b'[1' + b'0' * 5000 + b']', 'a number is too long'),
    (
      b'{"images": [1], "images": [2, 3]}',
      r'expected one list "images", there are several, of \[1, 2\]',
    ),
  ],
)
def test_a_faulty_file_is_explained_in_a_line(tmp_path, content, message):
  with pytest.raises(ValueError, match=rf'x\.json: .*{message}') as caught:
    read(tmp_path, content)
  assert '\n' not in str(caught.value)


def test_repeated_keys_are_counted_and_the_last_one_counts(tmp_path):
  found = read(tmp_path, b'{"a": [{"b": 1, "b": 2}, {"b": 3, "b": 3}]}')
  assert found.data == {'a': [{'b': 2}, {'b': 3}]}
  assert found.repeated == {'b': 2}


def test_objects_may_be_forgotten_as_they_are_read(tmp_path):
  path = tmp_path / 'x.json'
  path.write_text('{"a": [{"b": 1}, {"c": {"b": 5}}], "d": {"b": 2, "e": 3}}')
  found = json_files.read(str(path), forget=lambda item: item.get('b', 0))
  assert found.data == {'a': [None, {'c': None}], 'd': None}
  assert found.forgotten == 8
  assert json_files.read(str(path)).forgotten == 0


def test_other_paths_are_named(tmp_path):
  with pytest.raises(ValueError, match='this is a folder'):
    json_files.read(str(tmp_path))
  with pytest.raises(FileNotFoundError, match=r'y\.json: expected a COCO'):
    json_files.read(str(tmp_path / 'y.json'))


def test_equal_numbers_are_held_once(tmp_path):
  numbers = read(tmp_path, b'[12.25, [12.25], {"a": 12.25}, 1e3]').data
  assert numbers == [12.25, [12.25], {'a': 12.25}, 1000.0]
  assert numbers[0] is numbers[1][0] is numbers[2]['a']
