"""Reads config files in the encodings of common editors."""

import codecs

from copypaste_tf.config.config_types import ConfigError

_MARKS = {
  codecs.BOM_UTF8: 'utf-8-sig',
  codecs.BOM_UTF16_LE: 'utf-16',
  codecs.BOM_UTF16_BE: 'utf-16',
}


def read(path: str) -> str:
  """Returns the text of a file; a byte order mark tells the encoding.

  The ends of its lines may be those of any system.

  Args:
    path: path of the file.

  Raises:
    ConfigError: the file cannot be read, or is no text.
  """
  try:
    with open(path, 'rb') as file:
      data = file.read()
  except OSError as error:
    raise ConfigError(f'{path}: cannot be read: {error.strerror}') from error
  encoding = next(
    (name for mark, name in _MARKS.items() if data.startswith(mark)), 'utf-8'
  )
  try:
    text = data.decode(encoding)
  except UnicodeDecodeError as error:
    raise ConfigError(
      f'{path}: expected text in UTF-8, got the byte {error.start} in another '
      'encoding; save it as UTF-8'
    ) from error
  if '\0' in text:
    raise ConfigError(
      f'{path}: expected text in UTF-8, got zero bytes; save it as UTF-8'
    )
  return text.replace('\r\n', '\n').replace('\r', '\n')
