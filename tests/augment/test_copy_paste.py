import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf.augment import CopyPaste, canvas, engines
from copypaste_tf.augment import copy_paste as lib
from copypaste_tf.augment.pixels import blend
from copypaste_tf.examples import Scenes

GENTLE = {'min_visible_area': 0, 'box_tolerance': 0.0}


def _canvas(engine, scenes):
  """Places scenes that lie on the output grid already."""
  tensors = tf.nest.map_structure(tf.constant, scenes)
  return canvas.place(
    tensors._replace(image=tf.cast(tensors.image, tf.float32)), engine=engine
  )


def _paste(engine, targets, sources, seed=0, max_instances=30, **options):
  found = lib.copy_paste(
    _canvas(engine, targets),
    _canvas(engine, sources),
    tf.constant([seed, 1]),
    options=CopyPaste(**(GENTLE | options)),
    max_instances=max_instances,
    engine=engine,
  )
  return reference.to_numpy(found)


def _pair(seed=0, **kwargs):
  rng = np.random.default_rng(seed)
  targets = reference.make_scenes(rng, **kwargs)
  sources = reference.make_scenes(rng, **kwargs)
  ids = np.arange(len(targets.size))
  return (
    targets._replace(source_id=ids),
    sources._replace(source_id=ids + 100),
  )


def _from_text(text, background):
  """Returns a scene of one-character pixels; letters are objects a, b, ..."""
  rows = [line.strip() for line in text.strip().split('\n')]
  letters = np.array([list(row) for row in rows])
  height, width = letters.shape
  planes = np.zeros([1, 2, height, width], np.uint8)
  names = sorted(set(letters.ravel()) - {'.'})
  boxes = np.zeros([1, 4, 4], np.float32)
  ids = np.zeros([1, 4], np.int32)
  for k, name in enumerate(names):
    planes[0, 0, letters == name] = k + 1
    ids[0, k] = k + 1
    boxes[0, k] = reference.tight_box(letters == name)
  return Scenes(
    image=np.full([1, height, width, 3], background, np.uint8),
    planes=planes,
    size=np.array([[height, width]], np.int32),
    boxes=boxes,
    classes=(ids > 0).astype(np.int32),
    ids=ids,
    crowd=np.zeros([1, 4], bool),
    source_id=np.array([background]),
    shrunk=np.array([background == 10]),
  )


def test_an_example_equals_its_golden_text(engine):
  """Changes only if the method changes: alpha, visible masks and boxes."""
  target = _from_text(
    """
    aaaa....
    aaaa..bb
    aaaa..bb
    ........
    """,
    background=10,
  )
  source = _from_text(
    """
    ........
    ..xx....
    ..xxyyyy
    ....yyyy
    """,
    background=20,
  )
  found = _paste(engine, target, source, subset='all', max_instances=5)
  drawn = np.full([4, 8], '.')
  for k, letter in enumerate('abxy'):
    assert not (drawn[reference.example_mask(found, 0, k)] != '.').any()
    drawn[reference.example_mask(found, 0, k)] = letter
  assert [''.join(row) for row in drawn] == [
    'aaaa....',
    'aaxx..bb',
    'aaxxyyyy',
    '....yyyy',
  ]
  np.testing.assert_array_equal(
    found.boxes[0],
    [[0, 0, 3, 4], [1, 6, 2, 8], [1, 2, 3, 4], [2, 4, 4, 8], [0, 0, 0, 0]],
  )
  np.testing.assert_array_equal(found.areas[0], [8, 2, 4, 8, 0])
  np.testing.assert_array_equal(found.pasted[0], [0, 0, 1, 1, 0])
  np.testing.assert_array_equal(found.touched[0], [1, 1, 0, 0, 0])
  np.testing.assert_array_equal(
    found.image[0, ..., 0], np.where(np.isin(drawn, ['x', 'y']), 20, 10)
  )
  statistics = {name: x[0] for name, x in found.statistics.items()}
  assert statistics == {
    'images_with_paste': 1,
    'objects_available': 2,
    'objects_pasted': 2,
    'objects_not_pasted': 0,
    'objects_removed': 0,
    'boxes_shrunk': 1,
    'instances_clipped': 0,
    'images_shrunk': 1,
  }


@pytest.mark.parametrize('seed', range(5))
def test_every_pixel_comes_from_exactly_one_image(engine, seed):
  targets, sources = _pair(seed)
  found = _paste(engine, targets, sources, seed)
  on = found.alpha[..., None]
  np.testing.assert_array_equal(
    found.image, np.where(on, sources.image, targets.image)
  )
  np.testing.assert_array_equal(
    found.planes,
    np.where(found.alpha[:, None], sources.planes, targets.planes),
  )
  # Alpha is the union of the masks of the objects that were pasted.
  for i in range(len(on)):
    union = np.zeros(found.alpha.shape[1:], bool)
    for k in np.flatnonzero(found.pasted[i]):
      union |= reference.mask_of(sources.planes[i], found.ids[i, k])
    np.testing.assert_array_equal(found.alpha[i], union)


def test_pasted_objects_keep_their_labels(engine):
  targets, sources = _pair(1)
  found = _paste(engine, targets, sources, subset='all')
  for i in range(4):
    pasted = found.pasted[i]
    assert pasted.sum() == 5
    np.testing.assert_array_equal(found.boxes[i, pasted], sources.boxes[i, :5])
    np.testing.assert_array_equal(
      found.classes[i, pasted], sources.classes[i, :5]
    )


def test_blending_is_soft_in_the_image_and_absent_from_the_masks(engine):
  targets, sources = _pair(2)
  hard = _paste(engine, targets, sources, subset='all')
  soft = _paste(engine, targets, sources, subset='all', blend_sigma=1.5)
  weight = blend.soften(tf.constant(hard.alpha), sigma=1.5).numpy()[..., None]
  assert ((weight > 0.05) & (weight < 0.95)).any()
  expected = weight * sources.image + (1 - weight) * targets.image
  np.testing.assert_allclose(soft.image, expected, atol=1e-2)
  for name in ('alpha', 'planes', 'boxes', 'ids', 'areas', 'classes'):
    np.testing.assert_array_equal(getattr(soft, name), getattr(hard, name))


@pytest.mark.parametrize('max_instances', [3, 7, 9, 10, 12])
def test_no_pasted_pixel_without_a_label(engine, max_instances):
  targets, sources = _pair(3)
  found = _paste(
    engine, targets, sources, subset='all', max_instances=max_instances
  )
  assert found.classes.shape == (4, max_instances)
  np.testing.assert_array_equal(
    found.statistics['objects_pasted'], max(0, min(5, max_instances - 5))
  )
  np.testing.assert_array_equal(
    found.statistics['objects_not_pasted'], min(5, max(0, 10 - max_instances))
  )
  for i in range(4):
    union = np.zeros(found.alpha.shape[1:], bool)
    for k in np.flatnonzero(found.pasted[i]):
      union |= reference.example_mask(found, i, k)
    np.testing.assert_array_equal(found.alpha[i], union)


def test_a_crowded_target_keeps_its_largest_objects_and_counts_the_rest(engine):
  targets, sources = _pair(4, count=9)
  found = _paste(engine, targets, sources, max_instances=6)
  for i in range(4):
    areas = sorted(
      (
        reference.mask_of(targets.planes[i], ident).sum()
        for ident in targets.ids[i, :9]
      ),
      reverse=True,
    )
    assert sorted(found.areas[i], reverse=True) == areas[:6]
  np.testing.assert_array_equal(found.statistics['instances_clipped'], 3)
  assert not found.alpha.any()


def test_crowds_are_neither_pasted_nor_labels(engine):
  targets, sources = _pair(5, crowds=3)
  found = _paste(engine, targets, sources, subset='all')
  np.testing.assert_array_equal(found.statistics['objects_available'], 2)
  crowd_ids = sources.ids[:, :3]
  for i in range(4):
    assert not np.isin(found.ids[i][found.pasted[i]], crowd_ids[i]).any()
    assert (found.classes[i] > 0).sum() <= 4
  only = _pair(6, crowds=5)
  found = _paste(engine, *only, subset='all')
  assert not found.classes.any() and not found.alpha.any()


def test_an_image_is_not_pasted_onto_itself(engine):
  targets, sources = _pair(7)
  same = sources._replace(source_id=np.array([100, 1, 102, 3]))
  found = _paste(engine, targets, same, subset='all')
  np.testing.assert_array_equal(
    found.statistics['images_with_paste'], [1, 0, 1, 0]
  )
  np.testing.assert_array_equal(found.image[1], targets.image[1])


def test_order_of_the_instances_does_not_matter(engine):
  targets, sources = _pair(8)
  reverse = [
    s._replace(
      **{
        name: getattr(s, name)[:, ::-1].copy()
        for name in ('boxes', 'classes', 'ids', 'crowd')
      }
    )
    for s in (targets, sources)
  ]
  a = _paste(engine, targets, sources, subset='all', max_instances=8)
  b = _paste(engine, *reverse, subset='all', max_instances=8)

  def labels(example, i):
    return sorted(
      (ident, pasted, tuple(box), area)
      for ident, pasted, box, area, label in zip(
        example.ids[i],
        example.pasted[i],
        example.boxes[i],
        example.areas[i],
        example.classes[i],
        strict=True,
      )
      if label and not pasted
    )

  for i in range(4):
    if (a.alpha[i] == b.alpha[i]).all():
      assert labels(a, i) == labels(b, i)
  everything = [
    _paste(engine, *pair, subset='all')
    for pair in ((targets, sources), reverse)
  ]
  np.testing.assert_array_equal(everything[0].alpha, everything[1].alpha)
  for i in range(4):
    assert labels(everything[0], i) == labels(everything[1], i)


def test_images_without_objects_paste_and_receive(engine):
  targets, sources = _pair(9)
  empty = reference.make_scenes(np.random.default_rng(0), count=0)
  empty = empty._replace(source_id=np.arange(4) + 500)
  found = _paste(engine, targets, empty, subset='all')
  np.testing.assert_array_equal(found.image, targets.image)
  np.testing.assert_array_equal((found.classes > 0).sum(axis=1), 5)
  found = _paste(engine, empty, sources, subset='all')
  np.testing.assert_array_equal(found.pasted.sum(axis=1), 5)
  found = _paste(engine, empty, empty._replace(source_id=np.arange(4)))
  assert not found.classes.any()


def test_three_hundred_objects_are_pasted_exactly(engine):
  targets, sources = _pair(10, batch=2, count=300, padded=300, largest=3)
  found = _paste(engine, targets, sources, max_instances=300, subset='all')
  for i in range(2):
    for k in np.flatnonzero(found.classes[i]):
      assert reference.example_mask(found, i, k).sum() == found.areas[i, k] > 0
  total = (found.classes > 0).sum(axis=1)
  assert (total <= 300).all()


def test_errors_name_the_wrong_argument():
  targets, sources = _pair(12)
  with pytest.raises(ValueError, match='on one grid'):
    _paste(
      engines.DENSE, targets, sources._replace(planes=sources.planes[:, :-1])
    )
  with pytest.raises(ValueError, match='blend_sigma must be at least 0'):
    _paste(engines.DENSE, targets, sources, blend_sigma=-1.0)
  bits = [
    canvas.place(tf.nest.map_structure(tf.constant, scenes))
    for scenes in (targets, sources)
  ]
  with pytest.raises(ValueError, match='needs images of float32, got uint8'):
    lib.copy_paste(
      *bits, [0, 1], options=CopyPaste(blend_sigma=1.0), max_instances=9
    )
  with pytest.raises(ValueError, match='max_instances must be at least 1'):
    _paste(engines.DENSE, targets, sources, max_instances=0)


def test_only_targets_are_each_others_partners():
  targets, sources = (_canvas(engines.DENSE, scenes) for scenes in _pair())
  with pytest.raises(ValueError, match='sources are the targets'):
    lib.copy_paste(
      targets,
      sources,
      tf.constant([0, 1]),
      options=CopyPaste(),
      max_instances=30,
      partner=tf.range(len(targets.scenes.size)),
    )
