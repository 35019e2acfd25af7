"""The contact sheet of training examples: one HTML file, and PNGs beside it."""

import html
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from copypaste_tf import drawing
from copypaste_tf.reporting import page, panels
from copypaste_tf.reporting.panels import Example

GAP = 4  # White pixels between the panels of a PNG.


def write(
  path: str,
  title: str,
  examples: Sequence[Example],
  names: Mapping[int, str],
  facts: Sequence[tuple[str, str]] = (),
) -> list[str]:
  """Writes the sheet.

  Args:
    path: of the HTML file; the PNGs go to a folder beside it, `sheet_files/`
      for `sheet.html`. Folders are made.
    title: of the page, plain text.
    examples: what to show.
    names: class names by category id.
    facts: name and value of what the reader should know, plain text.

  Returns:
    The files that were written.
  """
  folder = os.path.splitext(path)[0] + '_files'
  tf.io.gfile.makedirs(folder)
  files, rows = [], []
  for number, example in enumerate(examples):
    pictures = panels.draw(example, names)
    files.append(os.path.join(folder, f'{number:03}.png'))
    _write(files[-1], drawing.png_bytes(side_by_side(pictures.values())))
    rows.append(row(pictures, panels.caption(example)))
  _write(path, document(title, examples, rows, facts).encode())
  return [path, *files]


def document(
  title: str,
  examples: Sequence[Example],
  rows: Sequence[str],
  facts: Sequence[tuple[str, str]],
) -> str:
  """Returns the page.

  Args:
    title: plain text.
    examples: for the numbers at the top.
    rows: HTML of each example.
    facts: name and value, plain text.
  """
  known = [(name, html.escape(value)) for name, value in facts]
  return page.document(
    title,
    'What the training pipeline makes of the data: the very examples that the '
    'model sees, and the two images behind each.',
    totals(examples),
    [
      page.Section('legend', 'Legend', 'The colours of the labels.', legend()),
      page.Section(
        'examples',
        'Examples',
        'Target, source, the pixels that come from the source (white), and '
        'the result with its labels.',
        ''.join(rows),
      ),
      page.Section(
        'recipe', 'Recipe', 'What was asked for.', page.table(['', ''], known)
      ),
    ],
  )


def row(pictures: Mapping[str, np.ndarray], caption: str) -> str:
  """Returns the panels of one example, side by side, with a line below.

  Args:
    pictures: `[h, w, 3]` uint8 by name.
    caption: plain text.
  """
  columns = f'grid-template-columns: repeat({len(pictures)}, 1fr)'
  cells = [
    page.figure(page.photo(picture), f'{name} of {caption}', name)
    for name, picture in pictures.items()
  ]
  return (
    f'<figure><div class="pair" style="{columns}">{"".join(cells)}</div>'
    f'<figcaption>{html.escape(caption)}</figcaption></figure>'
  )


def legend() -> str:
  """Returns a line of colours and what they mean."""
  dots = [
    f'<span style="margin-right:1.5rem"><b style="color:rgb{color}">■</b> '
    f'{html.escape(text)}</span>'
    for text, color in panels.LEGEND.items()
  ]
  return f'<p>{" ".join(dots)}</p>'


def totals(examples: Sequence[Example]) -> list[tuple[str, str]]:
  """Returns value and label of the numbers over all examples.

  Args:
    examples: any number of them.
  """
  count = len(examples)
  statistics = [example.result.statistics for example in examples]

  def total(name):
    return sum(float(s[name]) for s in statistics)

  touched = sum(int(e.result.touched.sum()) for e in examples)
  pasted = total('images_with_paste')
  share = f'{pasted / count:.0%}' if count else '-'
  return [
    (str(count), 'examples'),
    (share, 'of the examples have a paste'),
    (f'{total("objects_pasted"):.0f}', 'objects pasted'),
    (str(touched), 'objects touched that stay'),
    (f'{total("objects_removed"):.0f}', 'objects removed'),
    (f'{total("instances_clipped"):.0f}', 'labels clipped'),
  ]


def side_by_side(pictures) -> np.ndarray:
  """Joins `[h, w, 3]` uint8 pictures of one size, with a gap between them."""
  pictures = list(pictures)
  gap = np.full([pictures[0].shape[0], GAP, 3], 255, np.uint8)
  joined = [part for picture in pictures for part in (gap, picture)]
  return np.concatenate(joined[1:], axis=1)


def _write(path: str, content: bytes) -> None:
  with tf.io.gfile.GFile(path, 'wb') as file:
    file.write(content)
