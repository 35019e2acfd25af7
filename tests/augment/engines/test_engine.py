"""The operations of every engine, against NumPy loops."""

import inspect

import ml_dtypes
import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment import engines
from copypaste_tf.augment.labels import extents
from copypaste_tf.augment.pixels.resampling import Linear, Nearest

BATCH, LAYERS = 4, 3
# Size and number of objects: of one block of rows, of several, of one column,
# and without any object.
CANVASES = [((7, 5), 12), ((160, 24), 300), ((33, 1), 3), ((96, 8), 0)]
PARTNERS = [None, np.int32([2, 0, 3, 1])]
# The ends of a byte, and of the words of a set of bits.
VALUES = [0, 1, 30, 31, 32, 33, 63, 64, 127, 128, 223, 224, 254, 255]


@pytest.fixture(params=CANVASES, ids=str)
def canvas(request):
  """Random planes, the last one of an image empty, and ids in all of them."""
  (height, width), count = request.param
  rng = np.random.default_rng(height)
  shape = [BATCH, LAYERS, height, width]
  planes = rng.choice(VALUES, shape).astype(np.uint8)
  # Objects do not reach everywhere, so that boxes differ.
  planes *= rng.random([BATCH, LAYERS, height, 1]) < 0.2
  planes[0, -1] = 0
  values = np.array(VALUES)[None] + 256 * np.arange(LAYERS)[:, None]
  ids = rng.choice(values[:, 1:].ravel(), [BATCH, count])
  ids[:, ::5] = 0
  return rng, planes, ids.astype(np.int32)


def _run(function, *args, **options):
  """Runs a function in a graph, with static shapes."""
  found = tf.function(lambda *args: function(*args, **options))(*args)
  return reference.to_numpy(found)


def _positions(rng, size, length, covered, kind):
  """Draws the pixels of each row or column of the canvas, `[b, length]`."""
  inside = np.arange(length) < covered[:, None]
  low, high = rng.integers(0, size, [2, BATCH, length]).astype(np.int32)
  if kind is Nearest:
    return Nearest(low, -inside.astype(np.int32))
  weight, inside = rng.random(low.shape, np.float32), inside.astype(np.float32)
  return Linear(low, high, weight, inside)


def _covered(rng, height, width):
  covered = rng.integers(1, [height + 1, width + 1], [BATCH, 2])
  covered[0] = height, width
  return covered.astype(np.int32)


@pytest.mark.parametrize('normalize', [False, True])
@pytest.mark.parametrize('dtype', [tf.float32, tf.uint16])
@pytest.mark.parametrize('size', [(7, 5), (64, 9), (33, 1)])
def test_images_are_resampled_between_pixels(engine, size, dtype, normalize):
  rng = np.random.default_rng(0)
  image = rng.integers(0, 256, [BATCH, 6, 8, 3]).astype(np.uint8)
  covered = _covered(rng, *size)
  rows, columns = (
    _positions(rng, image.shape[1 + i], size[i], covered[:, i], Linear)
    for i in (0, 1)
  )
  found = _run(
    engine.sample_image,
    image,
    rows,
    columns,
    covered=covered,
    dtype=dtype,
    normalize=normalize,
  )
  assert found.dtype == dtype
  expected = reference.sample_image(image, rows, columns, normalize=normalize)
  tolerance = {'atol': 1e-3 if normalize else 1e-2}
  if dtype == tf.uint16:
    found = found.view(ml_dtypes.bfloat16).astype(np.float32)
    tolerance |= {'rtol': 2**-8}
  np.testing.assert_allclose(found, expected, **tolerance)
  assert (found == 0)[np.abs(expected) == 0].all()


@pytest.mark.parametrize('size', [(7, 5), (64, 9), (33, 1)])
def test_planes_in_use_are_resampled_at_the_nearest_pixels(engine, size):
  rng = np.random.default_rng(1)
  planes = rng.integers(1, 256, [BATCH, LAYERS, 6, 8]).astype(np.uint8)
  covered = _covered(rng, *size)
  rows, columns = (
    _positions(rng, planes.shape[2 + i], size[i], covered[:, i], Nearest)
    for i in (0, 1)
  )
  used = rng.random([BATCH, LAYERS]) < 0.6
  assert used.any() and not used.all()
  found = _run(
    engine.sample_planes, planes, rows, columns, covered=covered, used=used
  )
  expected = reference.sample_planes(planes, rows, columns, used=used)
  np.testing.assert_array_equal(found, expected)


def _assert_extents(blocks, expected):
  found = reference.to_numpy(extents.join(blocks))
  np.testing.assert_array_equal(found.area, expected[0])
  np.testing.assert_array_equal(found.box, expected[1])


def test_areas_and_boxes_are_those_of_the_pixels(engine, canvas):
  rng, planes, ids = canvas
  found = _run(engine.measure, planes, ids)
  _assert_extents(found, reference.measure(planes, ids))
  size = _covered(rng, *planes.shape[2:])
  for image, (height, width) in zip(planes, size, strict=True):
    image[:, height:], image[..., width:] = 0, 0
  found = _run(engine.measure, planes, ids, size=size)
  _assert_extents(found, reference.measure(planes, ids))


def test_lost_pixels_count_no_more(engine, canvas):
  rng, planes, ids = canvas
  _, _, height, width = planes.shape
  before = _run(engine.measure, planes, ids)
  covers = np.zeros([BATCH, 2, 4], np.int32)
  covers[:, 0] = height // 4, 0, height // 4 + 2, width
  covers[1:3, 1] = 0, width // 2, height, width
  hidden = np.zeros([BATCH, height, width], bool)
  for i, k in np.ndindex(BATCH, 2):
    ymin, xmin, ymax, xmax = covers[i, k]
    hidden[i, ymin:ymax, xmin:xmax] = rng.random() < 0.9
  # Labels that the target has lost since it was measured.
  ids = np.where(rng.random(ids.shape) < 0.2, 0, ids)
  expected = reference.measure(planes, ids, ~hidden)
  for boxes in (None, covers):
    found = _run(
      engine.remeasure, planes, ids, reference.owners(hidden), before, boxes
    )
    _assert_extents(found, expected)


@pytest.mark.parametrize('partner', PARTNERS, ids=str)
def test_the_source_owns_the_union_of_the_chosen(engine, canvas, partner):
  rng, planes, ids = canvas
  sources = planes if partner is None else planes[partner]
  chosen = (rng.random(ids.shape) < 0.3) & (ids > 0)
  _, boxes = reference.measure(sources, ids)
  found = _run(
    engine.paste_owners, planes, ids, chosen, boxes.astype(np.int32), partner
  )
  alpha = reference.union(planes, ids, chosen, partner)
  assert found.dtype == np.uint8
  np.testing.assert_array_equal(found, reference.owners(alpha))


def test_each_value_of_a_plane_is_pasted_by_itself(engine):
  rng = np.random.default_rng(2)
  values = np.arange(256, dtype=np.uint8)
  planes = [[rng.permutation(values) for _ in range(2)] for _ in range(BATCH)]
  planes = np.reshape(planes, [BATCH, 2, 32, 8])
  ids = np.tile(np.r_[:512].astype(np.int32), [BATCH, 1])
  boxes = np.tile(np.int32([0, 0, 32, 8]), [BATCH, 512, 1])
  chosen = np.zeros(ids.shape, bool)
  chosen[0, [1, 31, 256 + 32, 256 + 255]] = True
  chosen[1, 1:256] = True
  chosen[2:] = rng.random(chosen[2:].shape) < 0.2
  chosen[:, [0, 256]] = False  # Addresses of the background.
  found = _run(engine.paste_owners, planes, ids, chosen, boxes)
  alpha = reference.union(planes, ids, chosen)
  np.testing.assert_array_equal(found, reference.owners(alpha))


@pytest.mark.parametrize('partner', PARTNERS, ids=str)
@pytest.mark.parametrize(
  ('dtype', 'layers', 'channels'),
  [
    (np.uint8, LAYERS, []),
    (np.uint16, 1, [3]),
    (np.float32, 1, [3]),
  ],
)
@pytest.mark.parametrize('size', [(7, 5), (64, 9), (33, 1)])
def test_pixels_come_from_their_owner(
  engine, size, dtype, layers, channels, partner
):
  rng = np.random.default_rng(3)
  height, width = size
  targets, sources = rng.integers(
    1, 256, [2, BATCH, layers, height, width, *channels]
  ).astype(dtype)
  sources = sources if partner is None else targets
  covers = np.zeros([BATCH, 2, 4], np.int32)
  covers[1:, 0] = height // 3, 0, height // 2, width
  covers[2, 1] = 0, 0, height, width // 2
  alpha = np.zeros([BATCH, height, width], bool)
  for i, k in np.ndindex(BATCH, 2):
    ymin, xmin, ymax, xmax = covers[i, k]
    alpha[i, ymin:ymax, xmin:xmax] = True
  alpha &= rng.random(alpha.shape) < 0.7
  used = np.ones([BATCH, layers], bool) & (np.arange(layers) != 1)
  found = _run(
    engine.paste,
    reference.owners(alpha),
    targets,
    sources,
    partner=partner,
    covers=covers,
    read=covers,
    used=used,
  )
  expected = reference.paste(
    alpha, targets, sources, partner=partner, used=used
  )
  assert found.dtype == dtype
  np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize('operation', engines.Engine._fields)
def test_operations_take_the_declared_arguments(engine, operation):
  declared = engines.Engine.__annotations__[operation].__call__
  _, *expected = inspect.signature(declared).parameters.values()
  found = inspect.signature(getattr(engine, operation)).parameters.values()
  assert [*found] == expected


def test_an_unknown_form_is_named():
  assert engines.named('dense') is engines.DENSE
  with pytest.raises(ValueError, match="one of blocks, dense, got 'sparse'"):
    engines.named('sparse')
