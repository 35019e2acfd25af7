"""Ignored objects: no labels, never pasted, and their boxes on the canvas."""

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.augment import drawing, ignored_regions
from copypaste_tf.augment.draws import pairing
from copypaste_tf.examples import ABSENT, SOURCE, TARGET

SIZE = (40, 56)
# In `ignored_scenes`, the first objects are crowds, the last is no crowd.
CROWDS, IGNORED = [0, 1], [0, 4]


def ignored_scenes(seed, **options):
  """Returns scenes in which a crowd and an object are ignored."""
  scenes = reference.make_scenes(
    np.random.default_rng(seed), crowds=2, padded=6, **options
  )
  ignored = np.zeros_like(scenes.crowd)
  ignored[:, IGNORED] = True
  return scenes._replace(ids=np.where(ignored, 0, scenes.ids), ignored=ignored)


def tensors(scenes):
  return tf.nest.map_structure(tf.constant, scenes)


def draw(scenes, seed, **options):
  return drawing.draw(
    scenes,
    seed,
    output_size=SIZE,
    jitter=augment.ScaleJitter(0.5, 2.0),
    composition=augment.CopyPaste(),
    **options,
  )


def by_hand(scenes, jitter, i):
  """Returns boxes and crowd flags of the ignored objects of an image."""
  draws = (jitter.scaled_size[i], jitter.offset[i], jitter.flipped[i])
  pixels = scenes._replace(image=scenes.image[:, :1, :1])
  boxes = warped_boxes(pixels, i, *map(np.asarray, draws))
  found = [
    (np.prod(boxes[k][2:] - boxes[k][:2]), tuple(boxes[k]), k in CROWDS)
    for k in IGNORED
  ]
  found = sorted((x for x in found if x[0] > 0), key=lambda x: -x[0])
  return [x[1] for x in found], [x[2] for x in found]


def warped_boxes(scenes, i, scaled_size, offset, flipped):
  height, width = scaled_size / scenes.size[i]
  boxes = scenes.boxes[i] * [height, width, height, width]
  if flipped:
    left = scaled_size[1] - boxes[:, 3]
    boxes[:, 3], boxes[:, 1] = scaled_size[1] - boxes[:, 1], left
  return np.clip(boxes - [*offset, *offset], 0, [*SIZE, *SIZE])


@pytest.mark.parametrize('seed', range(4))
def test_regions_are_the_warped_boxes_largest_first(seed):
  scenes = ignored_scenes(seed)
  draws = draw(tensors(scenes), tf.constant([seed, 7]))
  regions = ignored_regions.visible(
    tensors(scenes), draws, output_size=SIZE, max_ignored=3
  )
  assert regions.boxes.shape == [4, 3, 4] and regions.crowd.shape == [4, 3]
  for i in range(4):
    boxes, crowd = by_hand(scenes, draws.targets, i)
    rows = len(boxes)
    np.testing.assert_allclose(
      regions.boxes[i, :rows], np.reshape(boxes, [-1, 4]), atol=1e-3
    )
    assert regions.crowd[i].numpy().tolist() == crowd + [False] * (3 - rows)
    assert not regions.boxes[i, rows:].numpy().any()


def test_the_smallest_regions_beyond_the_limit_are_left_out():
  scenes = tensors(ignored_scenes(1))
  draws = draw(scenes, tf.constant([1, 7]))
  three, one = (
    ignored_regions.visible(scenes, draws, output_size=SIZE, max_ignored=i)
    for i in (3, 1)
  )
  tf.nest.map_structure(
    lambda x, y: np.testing.assert_array_equal(x[:, :1], y), three, one
  )


def test_regions_of_sources_count_where_sources_are_seen():
  scenes = tensors(ignored_scenes(2))
  other = tensors(ignored_scenes(3))
  seed = tf.constant([5, 6])
  both_own = tf.fill([4, *SIZE], tf.constant(TARGET | SOURCE, tf.uint8))

  def regions(draws, **options):
    return ignored_regions.visible(
      scenes, draws, output_size=SIZE, max_ignored=12, **options
    )

  def boxes(regions, row):
    return sorted(map(tuple, regions.boxes.numpy()[row]), reverse=True)

  def merged(one, row, two, other_row):
    return sorted(boxes(one, row) + boxes(two, other_row), reverse=True)[:12]

  shared = draw(scenes, seed)
  alone, both = regions(shared), regions(shared, owners=both_own)
  for i, partner in enumerate(shared.partner.numpy()):
    assert boxes(both, i) == merged(alone, i, alone, partner)
  apart = draw(scenes, seed, sources=other)
  of_other = ignored_regions.visible(
    other,
    apart._replace(targets=apart.sources),
    output_size=SIZE,
    max_ignored=12,
  )
  both = regions(apart, owners=both_own, sources=other)
  assert boxes(both, 0) == merged(regions(apart), 0, of_other, 0)
  twice = draw(scenes, seed, source_jitter=augment.ScaleJitter(1.0, 1.0))
  moved = ignored_regions.visible(
    pairing.take(scenes, twice.partner),
    twice._replace(targets=twice.sources),
    output_size=SIZE,
    max_ignored=12,
  )
  both = regions(twice, owners=both_own)
  assert boxes(both, 0) == merged(regions(twice), 0, moved, 0)


def test_regions_of_a_source_without_a_pixel_are_left_out():
  scenes = tensors(ignored_scenes(2))
  draws = draw(scenes, tf.constant([5, 6]))

  def regions(owners):
    return ignored_regions.visible(
      scenes, draws, output_size=SIZE, max_ignored=12, owners=owners
    ).boxes.numpy()

  owners = np.full([4, *SIZE], TARGET, np.uint8)
  owners[1, 3, 4] = SOURCE
  alone, found = regions(None), regions(tf.constant(owners))
  np.testing.assert_array_equal(found[[0, 2, 3], :6], alone[[0, 2, 3]])
  assert not found[[0, 2, 3], 6:].any()
  assert found[1].any(axis=-1).sum() > alone[1].any(axis=-1).sum()


def test_eager_dataset_and_xla_agree():
  scenes = ignored_scenes(4)

  def regions(scenes, seed):
    draws = draw(scenes, seed)
    return ignored_regions.visible(
      scenes, draws, output_size=SIZE, max_ignored=3
    )

  arguments = tensors(scenes), tf.constant([3, 4])
  reference.assert_same(reference.each_way(regions, *arguments))


def test_all_but_the_regions_is_as_if_ignored_objects_were_not_there(form):
  """Also with `ABSENT` flags, which is how nothing is ignored."""
  scenes = ignored_scenes(5)
  gone = scenes._replace(
    classes=np.where(scenes.ignored, 0, scenes.classes),
    boxes=np.where(scenes.ignored[..., np.newaxis], 0, scenes.boxes),
    ignored=ABSENT,
  )

  def examples(scenes):
    return augment.augment(
      tensors(scenes),
      tf.constant([8, 9]),
      output_size=SIZE,
      copy_paste=augment.CopyPaste(subset='all'),
      form=form,
    )

  ignoring, absent = examples(scenes), examples(gone)
  assert absent.regions is ABSENT
  assert ignoring.regions.boxes.shape == [4, 6, 4]
  assert ignoring.regions.boxes.numpy().any()
  assert ignoring.pasted.numpy().any()
  tf.nest.map_structure(
    np.testing.assert_array_equal, ignoring._replace(regions=ABSENT), absent
  )
