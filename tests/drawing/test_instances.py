import time

import numpy as np
import pytest

from copypaste_tf import drawing


def grey(height=60, width=80, value=100):
  return np.full([height, width, 3], value, np.uint8)


def draw(image, boxes, masks=None, captions=None, colors=None, edges=None):
  captions = [''] * len(boxes) if captions is None else captions
  return drawing.draw_instances(image, boxes, masks, captions, colors, edges)


def test_box_outline_covers_its_border_pixels_and_no_others():
  red = (255, 0, 0)
  out = draw(grey(), [[10, 20, 30, 50]], colors=[red])
  expected = grey()
  expected[10:30, 20:50] = red
  expected[11:29, 21:49] = 100
  np.testing.assert_array_equal(out, expected)


def test_mask_is_blended_inside_and_outlined():
  mask = np.zeros([60, 80], bool)
  mask[10:30, 20:50] = True
  out = draw(grey(), [[200, 200, 210, 210]], [mask], colors=[(0, 200, 0)])
  assert (out[~mask] == 100).all()
  assert (out[10, 20:50] == (0, 200, 0)).all()
  expected = np.round(0.55 * 100 + 0.45 * np.array([0, 200, 0]))
  np.testing.assert_array_equal(out[20, 35], expected)


def test_mask_hole_stays_uncovered():
  mask = np.ones([60, 80], bool)
  mask[20:40, 20:40] = False
  out = draw(grey(), [[0, 0, 60, 80]], [mask], colors=[(0, 0, 255)])
  assert (out[22:38, 22:38] == 100).all()
  assert (out[19, 20:40] == (0, 0, 255)).all()


def test_small_objects_stay_visible_on_large_ones():
  small, large = np.zeros([60, 80], bool), np.ones([60, 80], bool)
  small[20:40, 20:40] = True
  boxes = [[20, 20, 40, 40], [0, 0, 60, 80]]
  colors = [(255, 0, 0), (0, 0, 255)]
  out = draw(grey(), boxes, [small, large], colors=colors)
  blue = np.round(0.55 * 100 + 0.45 * np.array([0, 0, 255]))
  both = np.round(0.55 * blue + 0.45 * np.array([255, 0, 0]))
  np.testing.assert_array_equal(out[30, 30], both)


def test_caption_is_dark_on_light_and_light_on_dark():
  for color, ink in [((255, 255, 0), 0), ((0, 0, 120), 255)]:
    out = draw(grey(), [[30, 5, 55, 70]], captions=['zebra'], colors=[color])
    label = out[18:29, 5:40].reshape(-1, 3)
    assert (label == color).all(1).sum() > 40
    # The font is smoothed, so few pixels carry the ink unmixed.
    assert (np.abs(label.astype(int) - ink).max(1) < 60).sum() > 5


def test_caption_of_a_box_at_the_edge_lies_inside_the_image():
  out = draw(grey(), [[0, 78, 3, 80]], captions=['dog'], colors=[(255, 0, 0)])
  assert ((out == (255, 0, 0)).all(2).sum(0) > 3).sum() > 10


def test_input_image_is_not_changed():
  image = grey()
  mask = np.ones([60, 80], bool)
  draw(image, [[0, 0, 60, 80]], [mask], ['x'])
  assert (image == 100).all()


@pytest.mark.parametrize('size', [(1, 1), (1, 50), (50, 1), (60, 80)])
@pytest.mark.parametrize(
  'box',
  [
    [-50, -50, -10, -10],
    [1e6, 1e6, 2e6, 2e6],
    [-5, -5, 1e5, 1e5],
    [np.nan, 0, 1, 1],
    [np.inf, -np.inf, 1, 1],
    [0, 0, 0, 0],
    [0.2, 0.2, 0.3, 0.3],
    [30, 30, 10, 10],
  ],
)
def test_odd_boxes_and_sizes_are_drawn_without_error(size, box):
  image = grey(*size)
  out = draw(image, [box], [np.ones(size, bool)], ['caption'])
  assert out.shape[0] >= size[0] and out.shape[1] >= size[1]
  assert out.dtype == np.uint8


def test_box_outside_the_image_draws_nothing():
  boxes = [[-9, -9, -2, -2], [60, 0, 70, 10], [np.nan] * 4]
  out = draw(grey(), boxes, captions=['a', 'b', 'c'])
  np.testing.assert_array_equal(out, grey())


def test_zero_and_three_hundred_objects_are_drawn():
  np.testing.assert_array_equal(draw(grey(), np.zeros([0, 4])), grey())
  np.testing.assert_array_equal(draw(grey(), np.zeros([0, 4]), []), grey())
  rng = np.random.default_rng(0)
  boxes = rng.uniform(-20, 100, [300, 4])
  masks = rng.random([300, 60, 80]) > 0.9
  out = draw(grey(), boxes, masks, [f'object {i}' for i in range(300)])
  assert not (out == 100).all()


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    ({'image': grey().astype(np.float32)}, 'uint8'),
    ({'image': grey()[..., 0]}, r'\[h, w, 3\]'),
    ({'captions': ['a', 'b']}, "'captions': 2"),
    ({'colors': []}, "'colors': 0"),
    ({'edges': [(0, 0, 0)] * 3}, "'edges': 3"),
    ({'masks': []}, "'masks': 0"),
    ({'masks': [np.ones([5, 5], bool)]}, 'mask 0 .* image size'),
  ],
)
def test_bad_arguments_are_named(change, message):
  args = {'image': grey(), 'boxes': [[0, 0, 5, 5]], 'captions': ['a']}
  with pytest.raises(ValueError, match=message):
    draw(**(args | change))


def test_edges_colour_the_box_and_caption_and_not_the_mask():
  mask = np.zeros([60, 80], bool)
  mask[32:48, 22:38] = True
  red, green = (255, 0, 0), (0, 160, 0)
  out = draw(grey(), [[30, 20, 50, 40]], [mask], ['cat'], [green], [red])
  assert (out[30, 20:40] == red).all()
  assert (out[18:30, 20:40] == red).all(-1).sum() > 40
  assert (out[32, 22:38] == green).all()


def test_sixty_objects_of_a_large_picture_are_drawn_quickly():
  rng = np.random.default_rng(0)
  corners = rng.uniform(0, 900, [60, 2])
  boxes = np.concatenate([corners, corners + rng.uniform(20, 120, [60, 2])], 1)
  masks = np.zeros([60, 1024, 1024], bool)
  for mask, (top, left, bottom, right) in zip(
    masks, boxes.astype(int), strict=True
  ):
    mask[top:bottom, left:right] = True
  image, captions = grey(1024, 1024), [f'клетка {i}' for i in range(60)]
  draw(image, boxes, masks, captions)  # Loads the fonts.
  times = []
  for _ in range(3):
    start = time.process_time()
    draw(image, boxes, masks, captions)
    times.append(time.process_time() - start)
  assert min(times) < 0.5  # 0.15 s when this was written.


def test_scale_enlarges_image_boxes_and_masks_alike():
  mask = np.zeros([60, 80], bool)
  mask[10:30, 20:50] = True
  red, green = (255, 0, 0), (0, 255, 0)
  image = grey()
  out = drawing.draw_instances(
    image, [[10, 20, 30, 50]], [mask], [''], [green], [red], scale=2
  )
  assert out.shape == (120, 160, 3)
  rows, columns = np.nonzero((out == red).all(-1))
  extent = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
  assert extent == (20, 40, 60, 100)
  np.testing.assert_array_equal(out[40, 70], [55, 170, 55])
  assert (out[:20] == 100).all() and (image == 100).all()
