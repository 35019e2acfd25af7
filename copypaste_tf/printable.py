"""Escapes text that comes from a data set, for consoles and logs."""


def escape(text: str) -> str:
  r"""Makes every character visible.

  Names from a data set may hold characters that control a terminal, turn the
  direction of writing or cannot be encoded. Letters of all languages stay.

  Args:
    text: any text.

  Returns:
    The text with such characters as escapes.

  >>> print(escape('café\x1b[2J'))
  café\x1b[2J
  """
  if text.isprintable():
    return text
  return ''.join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
  return character.encode('unicode_escape').decode('ascii')
