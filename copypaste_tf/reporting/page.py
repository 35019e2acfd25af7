"""Renders a page that needs no other file and no network."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jinja2
import markupsafe

_IMAGE = re.compile(r'data:image/(jpeg|png|svg\+xml);base64,[A-Za-z0-9+/]+=*')


class Section(NamedTuple):
  """A section of the page.

  Attributes:
    anchor: id of the section, the target of its link.
    title: plain text.
    about: a sentence under the title, plain text.
    template: file name of the section's template.
    content: plain data for the template, which sees it as `content`.
  """

  anchor: str
  title: str
  about: str
  template: str
  content: Mapping[str, Any]


def document(
  title: str,
  lead: str,
  tiles: Sequence[tuple[str, str]],
  sections: Sequence[Section],
) -> str:
  """Renders the page.

  Args:
    title: plain text.
    lead: a sentence under the title, plain text.
    tiles: (value, label) of the numbers at the top, plain text.
    sections: in their order on the page.

  Raises:
    ValueError: the source of a figure is not the data URI of an image.
    jinja2.UndefinedError: a section lacks data that its template needs.
  """
  return (
    _environment()
    .get_template('page.html')
    .render(title=title, lead=lead, tiles=tiles, sections=sections)
  )


def embedded(source: str) -> markupsafe.Markup:
  """Marks the data URI of an image as safe to embed.

  Nothing else on the page bypasses the escaping.

  Args:
    source: the data URI.

  Raises:
    ValueError: `source` is no such URI.
  """
  if not _IMAGE.fullmatch(source):
    raise ValueError(
      'the source of a figure must be the base64 data URI of a JPEG, PNG or '
      f'SVG, see `elements.data_uri`; got {source[:60]!r}'
    )
  return markupsafe.Markup(source)


def _environment() -> jinja2.Environment:
  environment = jinja2.Environment(
    loader=jinja2.PackageLoader('copypaste_tf.reporting'),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
  )
  environment.filters['embedded'] = embedded
  return environment
