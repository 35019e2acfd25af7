import mixup_by_hand
import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment, examples
from copypaste_tf.augment import compositions, mixup
from copypaste_tf.augment.draws import shares

SIZE = (40, 48)
KNOBS = {'output_size': SIZE, 'jitter': augment.ScaleJitter(0.6, 1.5)}


def tensors(scenes):
  return tf.nest.map_structure(tf.constant, scenes)


def random_scenes(seed, **options):
  return reference.make_scenes(np.random.default_rng(seed), **options)


def canvases(scenes, seed, **options):
  """Returns targets and sources on the canvas, as scenes of NumPy arrays."""
  pair = augment.pair(tensors(scenes), seed, **KNOBS, **options)
  return tuple(reference.to_numpy(canvas.scenes) for canvas in pair)


def mixed(scenes, seed, options=None, **knobs):
  return reference.to_numpy(
    augment.augment(
      tensors(scenes),
      seed,
      composition=options or augment.Mixup(),
      **{'max_instances': 24} | KNOBS | knobs,
    )
  )


@pytest.fixture
def pair():
  scenes = tensors(random_scenes(6))
  return augment.pair(scenes, [1, 1], **KNOBS)


def labels_of(example, i):
  return [
    (
      example.classes[i, k],
      tuple(example.boxes[i, k]),
      reference.example_mask(example, i, k),
      example.weights[i, k],
      example.pasted[i, k],
    )
    for k in np.flatnonzero(example.classes[i])
  ]


def assert_made_by_hand(example, targets, sources):
  shares = example.statistics['mixup/target_share']
  for i, share in enumerate(shares):
    image = mixup_by_hand.blend(targets.image[i], sources.image[i], share)
    np.testing.assert_allclose(example.image[i], image, atol=1e-5)
    expected = mixup_by_hand.labels(targets, sources, i, share)
    found = labels_of(example, i)
    assert len(found) == len(expected) > 2
    for mine, theirs in zip(found, expected, strict=True):
      tf.nest.map_structure(np.testing.assert_array_equal, mine, theirs)


def test_an_example_is_that_of_the_reference(form):
  scenes, seed = random_scenes(0, crowds=1), [1, 2]
  targets, sources = canvases(scenes, seed, form=form)
  options = augment.Mixup(loss_weights=True)
  example = mixed(scenes, seed, options, form=form)
  assert_made_by_hand(example, targets, sources)
  np.testing.assert_array_equal(
    example.size, np.maximum(targets.size, sources.size)
  )
  np.testing.assert_array_equal(example.source_id[:, 1], sources.source_id)
  np.testing.assert_array_equal(example.statistics['mixup/images_mixed'], 1)
  counts = example.pasted.sum(axis=1)
  np.testing.assert_array_equal(example.statistics['objects_pasted'], counts)
  np.testing.assert_array_equal(example.statistics['objects_removed'], 0)


def test_objects_keep_their_pixels_where_those_of_both_images_overlap():
  scenes = random_scenes(1, largest=40)
  example = mixed(scenes, [3, 4], jitter=augment.ScaleJitter(1.0, 1.0))
  masks = augment.instance_masks(example).numpy()
  of_both = [
    (masks[i][example.pasted[i]].any(0) & masks[i][~example.pasted[i]].any(0))
    for i in range(4)
  ]
  assert all(overlap.any() for overlap in of_both)
  for i, k in np.argwhere(example.classes > 0):
    one = tf.nest.map_structure(lambda x, i=i: x[i], example)
    mask = examples.mask_of(one, k)
    np.testing.assert_array_equal(mask, masks[i, k])
    assert mask.sum() == example.areas[i, k] > 0


def test_eager_dataset_and_xla_agree(pair):
  options = augment.Mixup(loss_weights=True, probability=0.5)

  def composed(seed, *pair):
    return mixup.mixup(*pair, seed, options=options, max_instances=24)

  results = [*reference.each_way(composed, tf.constant([5, 8]), *pair)]
  reference.assert_same(results)
  on = results[0][1].statistics['mixup/images_mixed']
  assert 0 < on.sum() < 4


def test_separate_sources_make_an_example_of_a_batch_of_one():
  scenes, other = random_scenes(3, batch=1), random_scenes(4, batch=1)
  seed = [7, 8]
  targets, sources = canvases(scenes, seed, sources=tensors(other))
  options = augment.Mixup(loss_weights=True)
  example = mixed(scenes, seed, options, sources=tensors(other))
  assert_made_by_hand(example, targets, sources)
  same = mixed(
    scenes, seed, sources=tensors(other._replace(source_id=scenes.source_id))
  )
  alone = mixed(scenes, seed, augment.Mixup(probability=0.0), sources=other)
  for unmixed in (same, alone):
    np.testing.assert_array_equal(unmixed.image, targets.image)
    assert not unmixed.pasted.any() and not unmixed.alpha.any()
    np.testing.assert_array_equal(unmixed.size, targets.size)
    assert unmixed.statistics['mixup/images_mixed'] == 0
    assert unmixed.statistics['mixup/target_share'] == 1


def test_images_are_mixed_as_often_as_the_probability_says(pair):
  rows = tf.range(1000) % 4
  many = [
    tf.nest.map_structure(lambda x: tf.gather(x, rows), one) for one in pair
  ]
  options = augment.Mixup(probability=0.3)
  example = mixup.mixup(*many, [1, 2], options=options, max_instances=2)
  found = reference.to_numpy(example.statistics)
  on = found['mixup/images_mixed'] > 0
  assert abs(on.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 1000)
  share = found['mixup/target_share']
  assert (share[~on] == 1).all()
  assert abs(share[on].mean() - 0.5) < 4 * np.sqrt(1 / 16 / on.sum())


def composed(targets, sources, bits, options=None):
  drawn = shares.Bits(tf.fill([4], bits), tf.zeros([4], tf.int32))
  return reference.to_numpy(
    mixup.mixup(
      targets,
      sources,
      drawn,
      options=options or augment.Mixup(loss_weights=True),
      max_instances=24,
    )
  )


def test_the_two_orders_of_a_pair_mirror_each_other(pair):
  one = composed(*pair, 20_000)
  other = composed(*reversed(pair), 65_535 - 20_000)
  np.testing.assert_allclose(one.image, other.image, atol=1e-6)
  for i in range(4):
    mine, theirs = (
      sorted((*x[:2], x[2].sum(), x[3], x[4]) for x in labels_of(example, i))
      for example in (one, other)
    )
    assert mine == sorted((*x[:4], not x[4]) for x in theirs)


@pytest.mark.parametrize(('bits', 'seen'), [(0, True), (65_535, False)])
def test_an_image_that_nobody_sees_gives_no_labels(pair, bits, seen):
  options = augment.Mixup(alpha=0.1)
  example = composed(*pair, bits, options)
  present = example.classes > 0
  assert present.any() and (example.pasted == (present & seen)).all()
  gone = (pair[0].scenes.classes.numpy() > 0).sum(axis=1) if seen else 0
  np.testing.assert_array_equal(example.statistics['objects_removed'], gone)
  kept = pair[seen].scenes.image
  np.testing.assert_allclose(example.image, kept, atol=0.02)


def test_the_largest_labels_of_both_images_are_kept_and_the_others_counted():
  scenes, seed = random_scenes(7), [2, 2]
  whole, cut = mixed(scenes, seed), mixed(scenes, seed, max_instances=4)
  counts = (whole.classes > 0).sum(axis=1)
  assert (counts > 4).all()
  largest = -np.sort(-whole.areas, axis=1)[:, :4]
  np.testing.assert_array_equal(-np.sort(-cut.areas, axis=1), largest)
  clipped = cut.statistics['instances_clipped']
  np.testing.assert_array_equal(clipped, counts - 4)
  assert not whole.statistics['instances_clipped'].any()


def test_labels_weigh_1_unless_loss_weights_are_asked_for():
  scenes = random_scenes(8)
  plain = mixed(scenes, [4, 4])
  np.testing.assert_array_equal(plain.weights, plain.classes > 0)
  weighed = mixed(scenes, [4, 4], augment.Mixup(loss_weights=True))
  np.testing.assert_array_equal(
    plain.image, weighed._replace(weights=plain.weights).image
  )
  assert (weighed.weights < 1).all()


def test_boxes_alone_are_mixed_without_masks():
  scenes = random_scenes(9, num_planes=8)
  alone = scenes._replace(planes=scenes.planes[:, :0])
  seed = [6, 6]
  found, whole = mixed(alone, seed), mixed(scenes, seed)
  np.testing.assert_array_equal(found.image, whole.image)
  assert found.planes.shape == (4, 0, *SIZE) and found.pasted.any()
  with pytest.raises(ValueError, match='have no planes'):
    augment.augment(
      tensors(alone), seed, copy_paste=augment.CopyPaste(), **KNOBS
    )


def test_ignored_regions_of_both_images_are_ignored_where_they_are_mixed():
  scenes = random_scenes(10, crowds=2)
  scenes = scenes._replace(
    ids=np.where(scenes.crowd, 0, scenes.ids), ignored=scenes.crowd
  )
  knobs = {'jitter': augment.ScaleJitter(0.5, 0.5)}
  whole, none = (
    mixed(scenes, [5, 5], augment.Mixup(probability=p), **knobs)
    for p in (1.0, 0.0)
  )
  count = [x.regions.boxes.any(axis=-1).sum(axis=1) for x in (whole, none)]
  np.testing.assert_array_equal(count, [[4] * 4, [2] * 4])


def test_options_are_made_from_plain_values_and_checked():
  options = compositions.build({'name': 'mixup', 'alpha': 8})
  assert options == augment.Mixup(alpha=8)
  for values, message in (
    ({'alpha': 0}, r'Mixup.alpha.* must be 0.001 to 1e\+06, got 0'),
    ({'alpha': float('nan')}, r'got nan'),
    ({'probability': 1.5}, r'Mixup.probability .*\[0, 1\], got 1.5'),
    ({'alhpa': 1}, 'no option alhpa; it has alpha, probability, loss_weights'),
  ):
    with pytest.raises(ValueError, match=message):
      compositions.build({'name': 'mixup', **values})


def test_images_that_are_bits_are_refused(pair):
  bits = pair[0]._replace(
    scenes=pair[0].scenes._replace(image=tf.zeros([4, *SIZE, 3], tf.uint16))
  )
  with pytest.raises(ValueError, match='float32 images, got uint16'):
    composed(bits, pair[1], 3)
