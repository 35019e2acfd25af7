"""Outlines of the classes, and where they are placed."""

import numpy as np
import pytest

from tfrecord_tools import shapes


@pytest.mark.parametrize('shape', shapes.SHAPES, ids=lambda s: s.name)
def test_outlines_lie_in_the_unit_circle(shape):
  parts, holes = shape.outline()
  for points in parts + holes:
    assert np.hypot(*points.T).max() <= 1.0 + 1e-9
  spread = np.concatenate(parts)
  assert np.hypot(*spread.T).max() > 0.85


def test_rings_have_holes_and_pairs_two_parts():
  outlines = {s.name: s.outline() for s in shapes.SHAPES}
  assert len(outlines['ring'][1]) == 1
  assert len(outlines['pair'][0]) == 2


def test_classes_are_told_apart_and_ids_have_gaps():
  assert len({shape.name for shape in shapes.SHAPES}) == len(shapes.SHAPES)
  assert len({shape.hue for shape in shapes.SHAPES}) == len(shapes.SHAPES)
  ids = [shape.category_id for shape in shapes.SHAPES]
  assert ids == sorted(set(ids)) and ids[0] >= 1
  assert ids != list(range(1, len(ids) + 1))


def test_placing_equals_the_formula_in_complex_numbers():
  points = np.array([[1.0, 0.0], [0.0, 1.0], [-0.5, 0.25]])
  parts, holes = shapes.place(
    ([points], [points / 2]),
    center=(40.0, 30.0),
    radius=10.0,
    angle=0.3,
    stretch=1.25,
  )
  stretched = 1.25 * points[:, 0] + 1j * points[:, 1] / 1.25
  for placed, size in ((parts[0], 10), (holes[0], 5)):
    turned = 40 + 30j + size * np.exp(0.3j) * stretched
    np.testing.assert_allclose(placed[:, 0], turned.real, atol=0.0051)
    np.testing.assert_allclose(placed[:, 1], turned.imag, atol=0.0051)
    np.testing.assert_array_equal(placed, np.round(placed, 2))
