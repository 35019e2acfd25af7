import numpy as np
import pytest
import reference
import serialized
import tensorflow as tf

from copypaste_tf import augment, records
from copypaste_tf.inputs import buffers, reader, record_order, scene_batches
from copypaste_tf.inputs.decode import NO_IMAGE

LIMITS = {'source_size': (32, 48), 'max_instances': 8, 'num_planes': 8}
AHEAD = buffers.Ahead(calls=2, mib=1)


@pytest.fixture(scope='module')
def files(tmp_path_factory):
  """Three files with 4 records each; source ids 1000..1011."""
  folder = tmp_path_factory.mktemp('records')
  examples = [
    records.serialize(serialized.make_record(seed)[0]) for seed in range(12)
  ]
  return [
    serialized.write(folder / f'{i}.tfrecord', examples[4 * i : 4 * i + 4])
    for i in range(3)
  ]


def _records(files, seed=0):
  return record_order.shuffled_records(
    record_order.slices(files), seed, shuffle_buffer_size=6, cycle_length=2
  )


def _batches(files, seed=0):
  scenes = reader.scenes(_records(files, seed), **LIMITS)
  return scenes.batch(4, drop_remainder=True)


def _context(workers, index):
  return tf.distribute.InputContext(workers, index, workers)


def test_scenes_have_static_shapes(files):
  scenes = reader.scenes(_records(files), **LIMITS)
  assert scenes.element_spec.image.shape == [32, 48, 3]
  ids = [int(scene.source_id) for scene in scenes.take(12)]
  assert sorted(ids) == [*range(1000, 1012)]


def _train(files, seed=0, **knobs):
  knobs = {
    'ahead': AHEAD,
    'output_size': (32, 32),
    'max_instances': 10,
    'copy_paste': augment.CopyPaste(min_visible_area=2),
  } | knobs
  return reader.train_batches(
    scene_batches.seeded(_batches(files), seed), **knobs
  )


def test_train_batches_equal_the_function_called_by_hand(files):
  expected = [
    augment.augment(
      batch,
      tf.constant([5, number]),
      output_size=(32, 32),
      max_instances=10,
      copy_paste=augment.CopyPaste(min_visible_area=2),
    )
    for number, batch in enumerate(_batches(files).take(3))
  ]
  found = list(_train(files, seed=5).take(3))
  for a, b in zip(expected, found, strict=True):
    reference.assert_same(
      [('by hand', reference.to_numpy(a)), ('read', reference.to_numpy(b))]
    )
  assert found[0].image.shape == (4, 32, 32, 3)
  assert not np.array_equal(found[0].image, found[1].image)


def test_the_uncompiled_function_draws_the_same(files):
  compiled, plain = (
    next(iter(_train(files, jit_compile=jit))) for jit in (True, False)
  )
  reference.assert_same(
    [('XLA', reference.to_numpy(compiled)), ('', reference.to_numpy(plain))]
  )


def test_sources_from_a_stream_of_their_own(files):
  scenes = tf.data.Dataset.zip(_batches(files[:1]), _batches(files[2:], seed=3))
  batches = reader.train_batches(
    scene_batches.seeded(scenes, 0),
    ahead=AHEAD,
    output_size=(32, 32),
    copy_paste=augment.CopyPaste(),
  )
  ids = next(iter(batches)).source_id.numpy()
  assert set(ids[:, 0]) == set(range(1000, 1004))
  assert set(ids[:, 1]) == set(range(1008, 1012))


def test_eval_batches_read_every_image_once_in_order(files):
  batches = list(reader.eval_batches(files, 5, output_size=(64, 64)))
  ids = np.concatenate([batch.source_id for batch in batches])
  np.testing.assert_array_equal(ids, [*range(1000, 1012)] + 3 * [NO_IMAGE])
  first, _, last = batches
  assert first.image.shape == (5, 64, 64, 3)
  np.testing.assert_array_equal(first.size[0], [48, 64])
  np.testing.assert_array_equal(first.original_size[0], [30, 40])
  np.testing.assert_allclose(first.scale[0], [1.6, 1.6])
  assert not first.image[0, 48:].numpy().any()
  assert not last.image[2:].numpy().any()
  np.testing.assert_array_equal(last.size[2:], [[64, 64]] * 3)


@pytest.mark.parametrize(('workers', 'batches'), [(2, 2), (3, 1), (5, 1)])
def test_workers_share_the_images_in_as_many_full_batches(
  files, workers, batches
):
  seen = []
  for index in range(workers):
    found = reader.eval_batches(
      files, 4, output_size=(16, 16), input_context=_context(workers, index)
    )
    assert found.element_spec.image.shape == (4, 16, 16, 3)
    seen.append([i for batch in found for i in batch.source_id.numpy()])
  assert {len(ids) for ids in seen} == {4 * batches}
  seen = [i for ids in seen for i in ids if i != NO_IMAGE]
  assert sorted(seen) == list(range(1000, 1012))


def test_an_empty_record_is_not_taken_for_a_blank_image(tmp_path):
  path = serialized.write(tmp_path / 'x', [b''])
  batches = reader.eval_batches([path], 2, output_size=(16, 16))
  with pytest.raises(tf.errors.InvalidArgumentError):
    next(iter(batches))


def test_eval_images_of_the_output_size_are_only_normalised():
  _, _, pixels = serialized.make_record(size=(24, 24))
  found = reader.fit_image(
    tf.constant(pixels), tf.constant(3, tf.int64), output_size=(24, 24)
  )
  np.testing.assert_array_equal(augment.denormalize(found.image), pixels)


@pytest.mark.parametrize(
  ('half', 'expected'),
  [
    (True, [0, 25, 75, 125, 175, 225, 275, 300]),
    (False, [0, 50, 100, 150, 200, 250, 300, 300]),
  ],
)
def test_eval_images_are_resized_in_both_conventions(half, expected):
  row = (np.array([0, 100, 200, 300]) // 2).astype(np.uint8)
  pixels = np.tile(row[np.newaxis, :, np.newaxis], [2, 1, 3])
  found = reader.fit_image(
    tf.constant(pixels),
    tf.constant(3, tf.int64),
    output_size=(8, 8),
    half_pixel_centers=half,
  )
  np.testing.assert_array_equal(found.size, [4, 8])
  got = augment.denormalize(found.image)[0, :, 0].numpy() * 2.0
  np.testing.assert_allclose(got, expected, atol=1.1)
  assert not found.image[4:].numpy().any()
