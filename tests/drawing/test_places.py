import numpy as np

from copypaste_tf.drawing import places


def rectangles(placed, sizes):
  return [
    (*c, c[0] + w, c[1] + h)
    for c, (w, h) in zip(placed.corners, sizes, strict=True)
  ]


def shared(a, b):
  width = min(a[2], b[2]) - max(a[0], b[0])
  height = min(a[3], b[3]) - max(a[1], b[1])
  return max(width, 0) * max(height, 0)


def test_a_caption_stands_above_its_object():
  placed = places.place([(20, 40, 59, 69)], [(30, 12)], (100, 100))
  assert placed == ([(20, 28)], 0)


def test_a_caption_at_the_edge_stays_inside():
  for box in [(0, 0, 9, 9), (95, 0, 99, 9), (95, 95, 99, 99)]:
    ((x, y),), overlap = places.place([box], [(30, 12)], (100, 100))
    assert overlap == 0 and 0 <= x <= 70 and 0 <= y <= 88


def test_captions_step_aside_where_there_is_room():
  boxes = [(40, 40, 59, 59)] * 6
  sizes = [(30, 12)] * 6
  placed = places.place(boxes, sizes, (200, 200))
  found = rectangles(placed, sizes)
  assert placed.overlap == 0
  assert not any(shared(a, b) for a in found for b in found if a is not b)


def test_small_objects_choose_first():
  large, small = (0, 40, 99, 99), (0, 40, 9, 49)
  placed = places.place([large, small], [(30, 12)] * 2, (100, 100))
  assert placed.corners[1] == (0, 28)
  assert placed.corners[0] != (0, 28)


def test_overlap_counts_the_shared_pixels_without_room():
  placed = places.place([(0, 0, 9, 9)] * 2, [(10, 10)] * 2, (10, 10))
  assert placed == ([(0, 0), (0, 0)], 100)


def test_pixels_outside_of_the_picture_count_as_overlap():
  assert places.place([(0, 0, 9, 9)], [(30, 10)], (10, 10)).overlap == 200


def test_no_captions_need_no_place():
  assert places.place([], [], (10, 10)) == ([], 0)


def test_sixty_random_objects_are_placed_clear_of_each_other():
  rng = np.random.default_rng(0)
  starts = rng.integers(0, 900, [60, 2])
  boxes = [(x, y, x + 60, y + 60) for x, y in starts.tolist()]
  sizes = [(70, 14)] * 60
  placed = places.place(boxes, sizes, (1000, 1000))
  found = rectangles(placed, sizes)
  assert placed.overlap == 0
  assert sum(shared(a, b) for a in found for b in found) == 60 * 70 * 14
