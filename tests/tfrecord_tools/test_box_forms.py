"""The form of a box is found by its mask."""

import numpy as np
import pytest

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools import box_forms
from tfrecord_tools.box_forms import Pair

SHAPE = (100, 200)
MASKS = [(10, 40, 30, 70), (50, 20, 90, 30), (5, 120, 45, 180)]


def numbers(form, box):
  """Writes a box in a form, by hand."""
  top, left, bottom, right = box
  height, width = bottom - top, right - left
  return {
    '[x, y, width, height]': (left, top, width, height),
    '[x1, y1, x2, y2]': (left, top, right, bottom),
    '[y, x, height, width]': (top, left, height, width),
    '[y1, x1, y2, x2]': (top, left, bottom, right),
    '[y, x, width, height]': (top, left, width, height),
    '[x, y, height, width]': (left, top, height, width),
    '[x centre, y centre, width, height]': (
      left + width / 2,
      top + height / 2,
      width,
      height,
    ),
  }[form]


def standard(x, y, width, height):
  return y, x, y + height, x + width


FORMS = (
  '[x1, y1, x2, y2]',
  '[y, x, height, width]',
  '[y1, x1, y2, x2]',
  '[y, x, width, height]',
  '[x, y, height, width]',
  '[x centre, y centre, width, height]',
)


@pytest.mark.parametrize('form', FORMS)
def test_a_form_is_found_and_read(form):
  pairs = [Pair(standard(*numbers(form, m)), m, SHAPE) for m in MASKS]
  assert box_forms.common_form(pairs) == form
  for pair in pairs:
    np.testing.assert_allclose(
      box_forms.read_as(form, pair.box, SHAPE), pair.mask
    )


@pytest.mark.parametrize(
  'form', ['[x, y, width, height]', '[x1, y1, x2, y2]', FORMS[-1]]
)
def test_fractions_of_the_image_are_found(form):
  scaled = [[a / b for a, b in zip(m, SHAPE * 2, strict=True)] for m in MASKS]
  pairs = [
    Pair(standard(*numbers(form, part)), mask, SHAPE)
    for part, mask in zip(scaled, MASKS, strict=True)
  ]
  name = box_forms.common_form(pairs)
  assert name == f'{form} as fractions of the image'
  for pair in pairs:
    np.testing.assert_allclose(
      box_forms.read_as(name, pair.box, SHAPE), pair.mask
    )


def test_the_standard_form_and_rounding_are_no_fault():
  shifts = (0, 0.5, -0.5, 0.3)
  pairs = [
    Pair(tuple(x + s for x in mask), mask, SHAPE)
    for mask in MASKS
    for s in shifts
  ]
  assert box_forms.common_form(pairs) is None
  assert box_forms.common_form([]) is None


def test_counting_from_one_is_found():
  pairs = [Pair(tuple(x + 1 for x in mask), mask, SHAPE) for mask in MASKS]
  form = box_forms.common_form(pairs)
  assert form == box_forms.ONE_BASED
  assert box_forms.read_as(form, pairs[0].box, SHAPE) == MASKS[0]


def test_boxes_with_hidden_parts_have_no_other_form():
  pairs = [Pair((0, 0, 100, 200), mask, SHAPE) for mask in MASKS]
  assert box_forms.common_form(pairs) is None
  assert box_forms.likely_form(pairs[1]) is None


def test_the_box_of_a_mask():
  assert box_forms.box_of(Crop(2, 3, np.ones((4, 5), bool))) == (2, 3, 6, 8)


def test_one_object_overlaps():
  assert box_forms.is_same_object((0, 0, 1, 1), (1, 1, 2, 2))  # Rounding.
  assert box_forms.is_same_object((0, 0, 10, 10), (0, 0, 10, 6))
  assert not box_forms.fits((0, 0, 10, 10), (0, 0, 10, 6))
  assert not box_forms.is_same_object((0, 0, 10, 10), (0, 0, 10, 4))
