"""Writes the contact sheet of training examples: one HTML file and PNGs."""

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from copypaste_tf import drawing
from copypaste_tf.reporting import elements, page, panels, sections
from copypaste_tf.reporting.elements import Figure
from copypaste_tf.reporting.panels import Example


class Strip(NamedTuple):
  """The panels of one example, side by side, with a line below."""

  panels: Sequence[Figure]
  caption: str


def write(
  path: str,
  title: str,
  examples: Sequence[Example],
  names: Mapping[int, str],
  facts: Sequence[tuple[str, str]] = (),
) -> list[str]:
  """Writes the sheet.

  Args:
    path: the HTML file; the PNGs go to a folder beside it, `sheet_files/` for
      `sheet.html`. Missing folders are made.
    title: title of the page, plain text.
    examples: the examples to show.
    names: class names by category id.
    facts: (name, value) of the settings to show, plain text.

  Returns:
    The paths of the files: the HTML file, then the PNGs.
  """
  folder = os.path.splitext(path)[0] + '_files'
  tf.io.gfile.makedirs(folder)
  files, strips = [], []
  for number, example in enumerate(examples):
    images = panels.draw(example, names)
    files.append(os.path.join(folder, f'{number:03}.png'))
    _write(files[-1], drawing.png_bytes(drawing.side_by_side(images.values())))
    strips.append(strip(images, panels.caption(example)))
  _write(path, document(title, examples, strips, facts).encode())
  return [path, *files]


def document(
  title: str,
  examples: Sequence[Example],
  strips: Sequence[Strip],
  facts: Sequence[tuple[str, str]],
) -> str:
  """Renders the page.

  Args:
    title: plain text.
    examples: the examples that the numbers at the top count.
    strips: the drawn examples.
    facts: (name, value), plain text.
  """
  return page.document(
    title,
    'Training examples exactly as the model sees them, each beside the two '
    'images that it is made of.',
    totals(examples),
    [
      page.Section(
        'legend',
        'Legend',
        'The colours of the labels.',
        'legend.html',
        {'legend': panels.LEGEND},
      ),
      page.Section(
        'examples',
        'Examples',
        'Target, source, the pixels that come from the source (white) or from '
        'both images (grey), and the result with its labels.',
        'examples.html',
        {'strips': strips},
      ),
      page.Section(
        'recipe',
        'Recipe',
        'Settings of the pipeline.',
        'facts.html',
        {'facts': sections.text_table(dict(facts))},
      ),
    ],
  )


def strip(images: Mapping[str, np.ndarray], caption: str) -> Strip:
  """Prepares the panels of one example.

  Args:
    images: `[h, w, 3]` uint8 by name of the panel.
    caption: plain text.
  """
  figures = [
    Figure(elements.photo(image), f'{name} of {caption}', name)
    for name, image in images.items()
  ]
  return Strip(figures, caption)


def totals(examples: Sequence[Example]) -> list[tuple[str, str]]:
  """Returns (value, label) of numbers summed over all examples.

  Args:
    examples: the examples of the sheet.
  """
  count = len(examples)
  statistics = [example.result.statistics for example in examples]

  def total(name):
    return sum(float(s[name]) for s in statistics)

  touched = sum(int(e.result.touched.sum()) for e in examples)
  pasted = total('images_with_paste')
  share = f'{pasted / count:.0%}' if count else '-'
  own = [panels.own_statistics(example) for example in examples]
  means = {k: sum(x[k] for x in own) / count for k in own[0]} if own else {}
  return [
    (str(count), 'examples'),
    *((f'{mean:.2g}', f'{name}, on average') for name, mean in means.items()),
    (share, 'of the examples have a paste'),
    (f'{total("objects_pasted"):.0f}', 'objects pasted'),
    (str(touched), 'objects touched that stay'),
    (f'{total("objects_removed"):.0f}', 'objects removed'),
    (f'{total("instances_clipped"):.0f}', 'labels clipped'),
  ]


def _write(path: str, content: bytes) -> None:
  with tf.io.gfile.GFile(path, 'wb') as file:
    file.write(content)
