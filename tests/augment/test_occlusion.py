import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment import CopyPaste, canvas, engines, occlusion


def _occlude(engine, scenes, alpha, **options):
  targets = canvas.place(
    tf.nest.map_structure(tf.constant, scenes), engine=engine
  )
  remains = occlusion.occlude(
    targets,
    tf.constant(reference.owners(alpha)),
    options=CopyPaste(**options),
    engine=engine,
  )
  return reference.to_numpy(remains)


def _squares(*boxes):
  """Returns a 64x64 scene of disjoint rectangles, ymin, xmin, ymax, xmax."""
  rng = np.random.default_rng(0)
  scenes = reference.make_scenes(
    rng, batch=1, size=(64, 64), count=0, padded=len(boxes)
  )
  for k, (ymin, xmin, ymax, xmax) in enumerate(boxes):
    scenes.planes[0, 0, ymin:ymax, xmin:xmax] = k + 1
    scenes.ids[0, k] = k + 1
    scenes.classes[0, k] = 1
    scenes.boxes[0, k] = ymin, xmin, ymax, xmax
  return scenes._replace(size=np.array([[64, 64]], np.int32))


def _cover(ymin, xmin, ymax, xmax):
  alpha = np.zeros([1, 64, 64], bool)
  alpha[0, ymin:ymax, xmin:xmax] = True
  return alpha


@pytest.mark.parametrize('seed', range(8))
@pytest.mark.parametrize(
  'options',
  [
    {'min_visible_area': 0, 'box_tolerance': 0.0},
    {'min_visible_area': 30, 'box_tolerance': 2.0},
    {'min_visible_area': 5, 'min_visible_fraction': 0.5, 'box_tolerance': 1.0},
  ],
)
def test_occlusion_equals_the_rule_applied_object_by_object(
  engine, seed, options
):
  rng = np.random.default_rng(seed)
  scenes = reference.make_scenes(rng, count=8)
  alpha = np.stack(
    [reference.random_mask(rng, 48, 64, 40) for _ in scenes.size]
  )
  found = _occlude(engine, scenes, alpha, **options)
  for i in range(len(alpha)):
    masks = [
      reference.mask_of(scenes.planes[i], ident) for ident in scenes.ids[i, :8]
    ]
    expected = reference.repair_by_hand(
      scenes.boxes[i, :8], masks, alpha[i], CopyPaste(**options)
    )
    for k, box in enumerate(expected):
      assert found.valid[i, k] == (box is not None)
      assert found.removed[i, k] == (box is None)
      visible = masks[k] & ~alpha[i]
      assert found.areas[i, k] == visible.sum()
      assert found.touched[i, k] == (masks[k] & alpha[i]).any()
      if box is not None:
        np.testing.assert_allclose(found.boxes[i, k], box, atol=1e-5)
        changed = (np.abs(box - scenes.boxes[i, k]) > 1e-6).any()
        assert found.shrunk[i, k] == changed
  assert not found.valid[:, 8:].any()


def test_an_untouched_small_object_survives_its_occluded_neighbour(engine):
  # The published code removes every small object as soon as one box moved.
  scenes = _squares((0, 0, 40, 40), (48, 48, 62, 62), (48, 0, 60, 12))
  alpha = _cover(0, 0, 40, 20)
  kept = _occlude(engine, scenes, alpha, min_visible_area=300)
  np.testing.assert_array_equal(kept.valid, [[True, True, True]])
  np.testing.assert_array_equal(kept.touched, [[True, False, False]])
  published = _occlude(
    engine, scenes, alpha, min_visible_area=300, occlusion='published'
  )
  np.testing.assert_array_equal(published.valid, [[True, False, False]])


def test_published_keeps_small_objects_while_no_box_moved(engine):
  scenes = _squares((0, 0, 40, 40), (48, 48, 62, 62))
  found = _occlude(
    engine,
    scenes,
    _cover(0, 0, 40, 10),
    min_visible_area=300,
    occlusion='published',
  )
  np.testing.assert_array_equal(found.valid, [[True, True]])
  # Ten pixels are not more than ten.
  np.testing.assert_array_equal(found.boxes, scenes.boxes)


def test_only_edges_that_moved_beyond_the_tolerance_follow_the_mask(engine):
  scenes = _squares((10, 10, 50, 50))
  annotated = scenes.boxes + np.float32([0.3, -0.4, 0.2, 0.1])
  scenes = scenes._replace(boxes=annotated)
  alpha = _cover(0, 0, 64, 23) | _cover(47, 0, 64, 64)
  found = _occlude(engine, scenes, alpha, min_visible_area=0, box_tolerance=5.0)
  expected = annotated.copy()
  expected[0, 0, 1] = 23
  np.testing.assert_array_equal(found.boxes, expected)
  strict = _occlude(
    engine, scenes, alpha, min_visible_area=0, box_tolerance=0.0
  )
  expected[0, 0, 2] = 47
  np.testing.assert_array_equal(strict.boxes, expected)


@pytest.mark.parametrize(('threshold', 'kept'), [(199, True), (200, False)])
def test_min_visible_area_is_in_pixels_that_stay_visible(
  engine, threshold, kept
):
  scenes = _squares((0, 0, 20, 20))
  found = _occlude(
    engine, scenes, _cover(0, 0, 20, 10), min_visible_area=threshold
  )
  assert found.areas[0, 0] == 200
  assert found.valid[0, 0] == kept


@pytest.mark.parametrize(('fraction', 'kept'), [(0.5, True), (0.51, False)])
def test_min_visible_fraction_compares_visible_with_full_area(
  engine, fraction, kept
):
  scenes = _squares((0, 0, 20, 20))
  found = _occlude(
    engine,
    scenes,
    _cover(0, 0, 20, 10),
    min_visible_area=0,
    min_visible_fraction=fraction,
  )
  assert found.valid[0, 0] == kept


@pytest.mark.parametrize(
  ('fraction', 'area'),
  [(k / 10, 100) for k in range(1, 10)]
  + [(0.29, 100), (0.57, 100), (0.015625, 64), (0.984375, 64), (1 / 3, 99)],
)
def test_a_part_equal_to_min_visible_fraction_is_enough(fraction, area):
  """The first object keeps exactly this part, the second a pixel less."""
  width = 10 if area == 100 else 8 if area == 64 else 9
  kept = round(fraction * area)
  rows = area // width
  scenes = _squares((0, 0, rows, width), (30, 30, 30 + rows, 30 + width))
  alpha = np.zeros([1, 64, 64], bool)
  for corner, visible in ((0, kept), (30, kept - 1)):
    hidden = np.arange(area).reshape(rows, width) >= visible
    alpha[0, corner : corner + rows, corner : corner + width] = hidden
  options = CopyPaste(
    min_visible_area=0, min_visible_fraction=fraction, box_tolerance=0.0
  )

  def valid(planes, owners):
    inputs = tf.nest.map_structure(tf.constant, scenes)
    targets = canvas.place(inputs._replace(planes=planes), engine=engines.DENSE)
    return occlusion.occlude(
      targets, owners, options=options, engine=engines.DENSE
    )

  inputs = tf.constant(scenes.planes), tf.constant(reference.owners(alpha))
  for way, remains in reference.each_way(valid, *inputs):
    np.testing.assert_array_equal(remains.valid, [[True, False]], way)


@pytest.mark.parametrize('rule', ['per_object', 'published'])
def test_a_fully_hidden_object_is_removed_whatever_the_thresholds(engine, rule):
  scenes = _squares((0, 0, 4, 4), (10, 10, 60, 60))
  found = _occlude(
    engine,
    scenes,
    _cover(0, 0, 5, 5),
    min_visible_area=0,
    box_tolerance=1000.0,
    occlusion=rule,
  )
  np.testing.assert_array_equal(found.valid, [[False, True]])
  np.testing.assert_array_equal(found.removed, [[True, False]])


def test_untouched_keeps_labels_as_they_are(engine):
  scenes = reference.make_scenes(np.random.default_rng(4), crowds=1)
  targets = canvas.place(
    tf.nest.map_structure(tf.constant, scenes), engine=engine
  )
  remains = reference.to_numpy(occlusion.untouched(targets))
  np.testing.assert_array_equal(remains.valid[:, 0], False)
  np.testing.assert_array_equal(remains.valid[:, 1:5], True)
  np.testing.assert_array_equal(remains.boxes[:, 1:], scenes.boxes[:, 1:])
  assert not remains.touched.any() and not remains.removed.any()


@pytest.mark.parametrize(
  ('option', 'message'),
  [
    ({'occlusion': 'official'}, 'occlusion must be .* per_object, published'),
    ({'min_visible_area': -1}, 'min_visible_area must be at least 0 pixels'),
    ({'box_tolerance': -0.5}, 'box_tolerance must be at least 0 pixels'),
    ({'min_visible_fraction': 2.0}, 'fraction must be a probability'),
  ],
)
def test_options_out_of_range_are_named(option, message):
  with pytest.raises(ValueError, match=message):
    _occlude(
      engines.DENSE, _squares((0, 0, 4, 4)), _cover(0, 0, 1, 1), **option
    )
