"""HTML of a page that needs no other file and no network."""

import base64
import html
import string
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

_MAX_SIDE = 1600  # Pixels; wider pictures only make the file larger.
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]

_PAGE = string.Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title – copypaste_tf</title>
<style>$style</style>
</head>
<body>
<header><h1>$title</h1><p class="lead">$lead</p>$tiles
<nav aria-label="Sections">$links</nav></header>
<main>$sections</main>
</body>
</html>
""")

_STYLE = """
:root { --ink: #1b1e28; --faint: #6b7280; --line: #e5e7eb; --mark: #2563eb; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 2rem 1.25rem 4rem;
  color: var(--ink); background: #fff; line-height: 1.5;
  font-family: system-ui, -apple-system, 'Segoe UI', sans-serif; }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -0.02em; }
h2 { margin: 3rem 0 0.25rem; font-size: 1.3rem; letter-spacing: -0.01em; }
h3 { margin: 1.75rem 0 0.5rem; font-size: 1rem; }
.lead, .about, figcaption { color: var(--faint); }
.lead { margin: 0.25rem 0 1.25rem; }
.about { margin: 0 0 1rem; max-width: 46rem; }
.tiles { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0 0 1.25rem; }
.tile { flex: 1 1 8rem; padding: 0.75rem 1rem; border: 1px solid var(--line);
  border-radius: 10px; }
.tile b { display: block; font-size: 1.6rem; line-height: 1.2; }
.tile span { color: var(--faint); font-size: 0.85rem; }
nav a { margin-right: 1.25rem; color: var(--mark); text-decoration: none; }
nav a:hover { text-decoration: underline; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 1.25rem 0.3rem 0; text-align: left;
  border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--faint); font-weight: 600; font-size: 0.85rem; }
tbody th { font-weight: 500; white-space: nowrap; }
td { overflow-wrap: anywhere; }
td.number, th.number { text-align: right; }
.bar { display: inline-block; height: 0.6rem; border-radius: 3px;
  background: var(--mark); }
.scroll { max-height: 34rem; overflow: auto; }
.columns { display: grid; gap: 1.5rem 3rem;
  grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
figure { margin: 0 0 0.5rem; }
figure img { display: block; width: 100%; border-radius: 6px; }
figcaption { margin-top: 0.3rem; font-size: 0.85rem; }
.grid { display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); }
.pairs { columns: 2 26rem; column-gap: 1.25rem; }
.pairs.wide { columns: 1; }
.pairs figure { break-inside: avoid; margin-bottom: 1.25rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; }
.note { padding: 0.75rem 1rem; border-left: 4px solid #d97706;
  background: #fffbeb; }
pre { overflow-x: auto; padding: 0.75rem 1rem; background: #f8fafc;
  border: 1px solid var(--line); border-radius: 8px; font-size: 0.8rem; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
code { font-size: 0.9em; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--mark); margin: 0.5rem 0; }
iframe { width: 100%; height: 46rem; border: 1px solid var(--line);
  border-radius: 8px; }
@media (max-width: 30rem) { .grid { grid-template-columns: 1fr; } }
"""


class Section(NamedTuple):
  """A part of the page.

  Attributes:
    anchor: of links to it.
    title: plain text.
    about: a sentence under the title, plain text.
    body: HTML.
  """

  anchor: str
  title: str
  about: str
  body: str


def document(
  title: str,
  lead: str,
  tiles: Sequence[tuple[str, str]],
  sections: Sequence[Section],
) -> str:
  """Returns the page.

  Args:
    title: plain text.
    lead: a sentence under the title, plain text.
    tiles: (value, label) of the numbers at the top, plain text.
    sections: in their order on the page.
  """
  return _PAGE.substitute(
    title=html.escape(title),
    lead=html.escape(lead),
    style=_STYLE,
    tiles=_tiles(tiles),
    links='\n'.join(
      f'<a href="#{s.anchor}">{html.escape(s.title)}</a>' for s in sections
    ),
    sections='\n'.join(
      f'<section id="{s.anchor}"><h2>{html.escape(s.title)}</h2>'
      f'<p class="about">{html.escape(s.about)}</p>{s.body}</section>'
      for s in sections
    ),
  )


def _tiles(tiles: Sequence[tuple[str, str]]) -> str:
  cells = [
    f'<div class="tile"><b>{html.escape(value)}</b>'
    f'<span>{html.escape(label)}</span></div>'
    for value, label in tiles
  ]
  return f'<div class="tiles">{"".join(cells)}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
  """Returns a table: the first column names the row, the others are numbers.

  Args:
    header: plain text; empty strings only leave the header out.
    rows: the first cell of each is plain text, the others are HTML.
  """
  head = ''
  if any(header):
    cells = [f'<th class="number">{html.escape(c)}</th>' for c in header[1:]]
    head = f'<thead><tr><th>{html.escape(header[0])}</th>{"".join(cells)}'
    head += '</tr></thead>'
  kind = ' class="number"' if head else ''
  body = [
    f'<tr><th scope="row">{html.escape(row[0])}</th>'
    + ''.join(f'<td{kind}>{cell}</td>' for cell in row[1:])
    + '</tr>'
    for row in rows
  ]
  return f'<table>{head}<tbody>{"".join(body)}</tbody></table>'


def figure(source: str, alt: str, caption: str = '') -> str:
  """Returns a picture.

  Args:
    source: of the image, such as a data URI.
    alt: plain text for those who do not see it.
    caption: plain text below it.
  """
  below = f'<figcaption>{html.escape(caption)}</figcaption>' if caption else ''
  return (
    f'<figure><img src="{source}" alt="{html.escape(alt)}">{below}</figure>'
  )


def note(text: str, command: str = '') -> str:
  """Returns a remark about something missing, and the command that makes it."""
  line = f'<pre class="command">{html.escape(command)}</pre>' if command else ''
  return f'<div class="note">{html.escape(text)}{line}</div>'


def details(summary: str, body: str) -> str:
  """Returns a part that opens on a click; `body` is HTML."""
  return f'<details><summary>{html.escape(summary)}</summary>{body}</details>'


def data_uri(content: bytes, kind: str) -> str:
  """Returns bytes of a MIME type as the address of an image."""
  return f'data:{kind};base64,{base64.b64encode(content).decode()}'


def photo(image: np.ndarray) -> str:
  """Returns `[h, w, 3]` uint8 as a JPEG's data URI, shrunk if it is large."""
  scale = _MAX_SIDE / max(image.shape[:2])
  if scale < 1:
    height, width = image.shape[:2]
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
  encoded = cv2.imencode('.jpg', np.ascontiguousarray(image[..., ::-1]), _JPEG)
  return data_uri(encoded[1].tobytes(), 'image/jpeg')
