"""Values come one by one, wherever the text of the file is cut."""

import gzip
import json
import sys

import pytest

from copypaste_tf.evaluation import json_stream

CONTENT = {
  'ä "b\\': [{'x': [1, -2.5e3, {'y': '\ud83d\ude00]}'}]}, True, [], None],
  'empty': [],
  'number': 12345,
  'mapping': {'list': [1, 2]},
}


@pytest.fixture(params=[1, 2, 3, 7, 1 << 20])
def chunk(request, monkeypatch):
  monkeypatch.setattr(json_stream, '_CHUNK', request.param)


def read(tmp_path, data):
  path = tmp_path / 'x.json'
  path.write_bytes(data.encode() if isinstance(data, str) else data)
  return list(json_stream.values(path))


def restored(items):
  """Returns the content of a file from its values."""
  content = {}
  for (key, *index), value in items:
    if index:
      content.setdefault(key, []).append(value)
      assert len(content[key]) == index[0] + 1
    else:
      content[key] = value
  return content


@pytest.mark.parametrize('indent', [None, 2])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-32'])
def test_a_mapping_is_taken_apart_wherever_it_is_cut(
  tmp_path, chunk, indent, encoding
):
  if json_stream._CHUNK < 4 and encoding != 'utf-8':
    pytest.skip('the first bytes tell the encoding')
  text = json.dumps(CONTENT, ensure_ascii=False, indent=indent)
  data = text.encode(encoding, 'surrogatepass')
  expected = json.loads(data)
  for packed in (data, gzip.compress(data[:9]) + gzip.compress(data[9:])):
    assert restored(read(tmp_path, packed)) == expected


def test_a_list_is_taken_apart(tmp_path, chunk):
  elements = [0.25, 'x', {'a': [1]}, [[2]], None, 123]
  items = read(tmp_path, f' \n{json.dumps(elements)}\n')
  assert items == [((i,), value) for i, value in enumerate(elements)]


@pytest.mark.parametrize(
  ('text', 'items'),
  [
    ('[ ]', []),
    ('{ }', [((), {})]),
    ('12', [((), 12)]),
    ('-Infinity', [((), -float('inf'))]),
    ('null', [((), None)]),
    ('{"a": []}', [(('a',), [])]),
  ],
)
def test_other_files_have_a_value(tmp_path, chunk, text, items):
  assert read(tmp_path, text) == items


@pytest.mark.parametrize(
  ('text', 'said'),
  [
    ('', 'ends too early: char 0, after 0 values'),
    ('[{"a": 1}, {"a', 'ends too early: char 14, after 1 values'),
    ('[1, 2', 'ends too early: char 5, after 2 values'),
    ('{"a": [1], ', 'ends too early: char 11, after 1 values'),
    ('[1, x]', 'Expecting value: char 4, after 1 values'),
    ('[1 2]', "Expecting ',' delimiter: char 3, after 1 values"),
    ('[{"a": 1}, {"a": 1, b}]', 'in double quotes: char 20, after 1 values'),
    ('{"a" 1}', "Expecting ':' delimiter: char 5"),
    ('{1: 2}', 'double quotes: char 1'),
    ('{"a": 1}\n{"a": 2}', 'Extra data: char 9, after 1 values'),
    (b'["\xff"]', "can't decode byte 0xff"),
    ('[' * 100_000, 'nested too deep'),
  ],
)
def test_an_error_says_where_it_is(tmp_path, chunk, text, said):
  if sys.getsizeof(text) > 10_000 and json_stream._CHUNK < 1000:
    pytest.skip('a chunk of some bytes would take long')
  with pytest.raises(ValueError, match='x.json') as error:
    read(tmp_path, text)
  assert said in str(error.value)


def test_the_file_is_not_read_further_than_needed(tmp_path, monkeypatch):
  """An error in the last line is not met before the values are."""
  monkeypatch.setattr(json_stream, '_CHUNK', 64)
  path = tmp_path / 'x.json'
  path.write_text('[' + '{"a": 1}, ' * 1000 + 'x')
  items = json_stream.values(path)
  assert [next(items)[0] for _ in range(1000)] == [(i,) for i in range(1000)]
  with pytest.raises(ValueError, match='Expecting value.* after 1000 values'):
    next(items)


def test_files_that_cannot_be_read_are_refused(tmp_path):
  with pytest.raises(FileNotFoundError, match=r'no file .*none\.json'):
    list(json_stream.values(tmp_path / 'none.json'))
  with pytest.raises(ValueError, match='cannot be read'):
    list(json_stream.values(tmp_path))
  path = tmp_path / 'x.gz'
  path.write_bytes(gzip.compress(b'[1, 2, 3]')[:-9])
  with pytest.raises(ValueError, match='cannot be read as gzip'):
    list(json_stream.values(path))
