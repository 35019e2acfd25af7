"""Config files are read as the editors of all systems write them."""

import pytest

from copypaste_tf.config import text_files
from copypaste_tf.config.config_types import ConfigError

TEXT = "# été\ninclude 'configs/smoke.gin'\n"


@pytest.mark.parametrize(
  'encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-16-be']
)
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
def test_marks_and_ends_of_lines_do_not_matter(tmp_path, encoding, end):
  path = tmp_path / 'mine.gin'
  data = TEXT.replace('\n', end).encode(encoding)
  path.write_bytes(b'\xfe\xff' * (encoding == 'utf-16-be') + data)
  assert text_files.read(str(path)) == TEXT


@pytest.mark.parametrize('encoding', ['latin-1', 'utf-16-le', 'utf-32'])
def test_another_encoding_is_named_with_advice(tmp_path, encoding):
  path = tmp_path / 'mine.gin'
  path.write_bytes(TEXT.encode(encoding))
  with pytest.raises(ConfigError, match='save it as UTF-8') as caught:
    text_files.read(str(path))
  assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
  for path in (tmp_path, tmp_path / 'gone.gin'):
    with pytest.raises(ConfigError, match='cannot be read') as caught:
      text_files.read(str(path))
    assert '\n' not in str(caught.value)
