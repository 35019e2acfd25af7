"""Replaces the generated part of a page, and keeps what people wrote."""

BEGIN = '<!-- Begin of the part that experiments.collect writes. -->'
END = '<!-- End of the part that experiments.collect writes. -->'


def replaced(page: str, part: str, name: str) -> str:
  """Returns a page with another generated part.

  Args:
    page: text with the two markers, each once and on a line of its own.
    part: what stands between them.
    name: the page in messages.

  Raises:
    ValueError: the markers are missing, twice there or in the wrong order.
  """
  lines = page.splitlines()
  places = [
    i for marker in (BEGIN, END) for i, x in enumerate(lines) if x == marker
  ]
  if len(places) != 2 or places[0] > places[1]:
    raise ValueError(
      f'{name}: expected a line {BEGIN} and after it a line {END}'
    )
  begin, end = places
  new = [*lines[: begin + 1], '', *part.splitlines(), '', *lines[end:]]
  return '\n'.join(new) + '\n'
