"""Statements in the text of the paper about its Figures 1, 4, 5 and 6.

The curves and bars themselves have no numbers in the text, and none here.
"""

from typing import NamedTuple


class Statement(NamedTuple):
  """A sentence of the paper about a figure.

  Attributes:
    figure: number of the figure.
    text: the statement.
    value: the difference in box AP, in percent; None if the text has none.
    fraction: fraction of the training images that it is about; None for all.
    better: key of the row in the table of the figure that gains; empty if the
      statement is about no pair.
    worse: the row that it gains over.
  """

  figure: int
  text: str
  value: float | None = None
  fraction: float | None = None
  better: str = ''
  worse: str = ''


STATEMENTS = (
  Statement(
    1,
    'SSJ to LSJ with Copy-Paste: +10 box AP at 10 % of COCO',
    10.0,
    0.1,
    'lsj_copy_paste',
    'ssj_none',
  ),
  Statement(
    1,
    'SSJ to LSJ with Copy-Paste: +5 box AP at 100 % of COCO',
    5.0,
    1.0,
    'lsj_copy_paste',
    'ssj_none',
  ),
  Statement(4, 'Copy-Paste gains at 2x and 3x, and more in longer schedules'),
  Statement(4, 'the best of all starts from random weights with Copy-Paste'),
  Statement(4, 'SSJ converges in 96 epochs, LSJ with Copy-Paste in 576'),
  Statement(
    5,
    'Copy-Paste on SSJ: +6.9 box AP at 10 % of COCO',
    6.9,
    0.1,
    'ssj_copy_paste',
    'ssj_none',
  ),
  Statement(
    5,
    'Copy-Paste on LSJ: +4.8 box AP at 10 % of COCO',
    4.8,
    0.1,
    'lsj_copy_paste',
    'lsj_none',
  ),
  Statement(
    5, '75 % of COCO with LSJ and Copy-Paste is about 100 % with LSJ (48.5)'
  ),
  Statement(5, 'Copy-Paste helps at every fraction, and more on SSJ than LSJ'),
  Statement(5, 'mixup helps with little data only, and not on top of LSJ'),
  Statement(6, 'of 80 classes only "hair drier" does not gain'),
  Statement(6, 'the hardest classes gain most, relatively'),
)
"""Statements in the paper's text about Figures 1, 4, 5 and 6."""
