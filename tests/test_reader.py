import numpy as np
import pytest
import reference
import serialized
import tensorflow as tf

from copypaste_tf import augment, records
from copypaste_tf.inputs import reader

LIMITS = {'source_size': (32, 48), 'max_instances': 8, 'num_planes': 8}


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


def _records(files, seed=0, **knobs):
  knobs = {'shuffle_buffer_size': 6, 'cycle_length': 2} | knobs
  return reader.shuffled_records(files, seed, **knobs)


def _ids(dataset, count):
  ids = []
  for example in dataset.take(count):
    features = tf.train.Example.FromString(example.numpy()).features.feature
    ids.append(int(features['image/source_id'].bytes_list.value[0]))
  return ids


def _context(workers, index):
  return tf.distribute.InputContext(workers, index, workers)


def test_every_record_once_per_epoch_in_a_new_order(files):
  ids = _ids(_records(files), 36)
  epochs = [ids[i : i + 12] for i in (0, 12, 24)]
  for epoch in epochs:
    assert sorted(epoch) == list(range(1000, 1012))
  assert epochs[0] != epochs[1] != epochs[2]


def test_the_order_depends_on_the_seed_alone(files):
  assert _ids(_records(files), 24) == _ids(_records(files), 24)
  assert _ids(_records(files), 24) != _ids(_records(files, seed=1), 24)


@pytest.mark.parametrize('workers', [2, 3, 4])
def test_every_record_goes_to_exactly_one_worker(files, workers):
  seen = []
  for index in range(workers):
    dataset = _records(files, input_context=_context(workers, index))
    per_epoch = {2: (8, 4), 3: (4, 4, 4), 4: (3, 3, 3, 3)}[workers][index]
    seen += set(_ids(dataset, 2 * per_epoch))
  assert sorted(seen) == list(range(1000, 1012))


def test_no_files_is_an_error():
  with pytest.raises(ValueError, match='No record files'):
    _records([])


def test_scene_batches_have_static_shapes(files):
  batches = reader.scene_batches(_records(files), 4, **LIMITS)
  assert batches.element_spec.image.shape == [4, 32, 48, 3]
  batch = next(iter(batches))
  assert len(set(batch.source_id.numpy())) == 4


def _train(files, seed=0, **knobs):
  knobs = {
    'output_size': (32, 32),
    'max_instances': 10,
    'copy_paste': augment.CopyPaste(min_visible_area=2),
  } | knobs
  scenes = reader.scene_batches(_records(files), 4, **LIMITS)
  return reader.train_batches(scenes, seed, **knobs)


def test_train_batches_equal_the_function_called_by_hand(files):
  scenes = reader.scene_batches(_records(files), 4, **LIMITS)
  expected = [
    augment.augment(
      batch,
      tf.constant([5, i]),
      output_size=(32, 32),
      max_instances=10,
      copy_paste=augment.CopyPaste(min_visible_area=2),
    )
    for i, batch in enumerate(scenes.take(3))
  ]
  found = list(_train(files, seed=5).take(3))
  for a, b in zip(expected, found, strict=True):
    reference.assert_same(
      [('by hand', reference.to_numpy(a)), ('read', reference.to_numpy(b))]
    )
  assert found[0].image.shape == (4, 32, 32, 3)
  assert not np.array_equal(found[0].image, found[1].image)


def test_sources_from_a_stream_of_their_own(files):
  sources = reader.scene_batches(_records(files[2:], seed=3), 4, **LIMITS)
  scenes = reader.scene_batches(_records(files[:1]), 4, **LIMITS)
  batches = reader.train_batches(
    scenes,
    0,
    sources=sources,
    output_size=(32, 32),
    copy_paste=augment.CopyPaste(),
  )
  ids = next(iter(batches)).source_id.numpy()
  assert set(ids[:, 0]) == set(range(1000, 1004))
  assert set(ids[:, 1]) == set(range(1008, 1012))


def test_eval_batches_read_every_image_once_in_order(files):
  batches = list(reader.eval_batches(files, 5, output_size=(64, 64)))
  ids = np.concatenate([batch.source_id for batch in batches])
  np.testing.assert_array_equal(ids, range(1000, 1012))
  assert [len(batch.source_id) for batch in batches] == [5, 5, 2]
  first = batches[0]
  assert first.image.shape == (5, 64, 64, 3)
  np.testing.assert_array_equal(first.size[0], [48, 64])
  np.testing.assert_array_equal(first.original_size[0], [30, 40])
  np.testing.assert_allclose(first.scale[0], [1.6, 1.6])
  assert not first.image[0, 48:].numpy().any()


def test_eval_batches_are_shared_between_workers(files):
  seen = []
  for index in range(2):
    batches = reader.eval_batches(
      files, 4, output_size=(16, 16), input_context=_context(2, index)
    )
    seen += [i for batch in batches for i in batch.source_id.numpy()]
  assert sorted(seen) == list(range(1000, 1012))


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
