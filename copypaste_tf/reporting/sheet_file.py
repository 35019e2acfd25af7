"""Reads a contact sheet, to put it into a report."""

import os

import tensorflow as tf

from copypaste_tf.reporting import elements
from copypaste_tf.reporting.elements import Figure, Frame

_MIME = {'.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg'}


def read(path: str) -> Figure | Frame:
  """Reads a contact sheet as an element of a page.

  Args:
    path: a picture, or an HTML file, which is shown in a frame of its own.

  Raises:
    ValueError: the file is of another kind.
  """
  kind = os.path.splitext(path)[1].lower()
  if kind not in ('.html', *_MIME):
    raise ValueError(f'--sheet must be .html, .png or .jpg, got {path!r}')
  with tf.io.gfile.GFile(path, 'rb') as file:
    content = file.read()
  title = 'How the training examples are made'
  if kind == '.html':
    return Frame(title, content.decode('utf-8'))
  return Figure(elements.data_uri(content, _MIME[kind]), title)
