import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment

KNOBS = {'source_size': (40, 50), 'max_instances': 6, 'num_planes': 4}


def _tensors(count, seed=0, size=(30, 45)):
  rng = np.random.default_rng(seed)
  masks = [reference.random_mask(rng, *size, 20) for _ in range(count)]
  return {
    'image': rng.integers(0, 256, [*size, 3]).astype(np.uint8),
    'masks': np.array(masks, bool).reshape(count, *size),
    'boxes': np.array(
      [reference.tight_box(m) for m in masks], np.float32
    ).reshape(count, 4),
    'classes': rng.integers(1, 9, count),
    'source_id': np.int32(seed),
  }


def _dataset(examples):
  spec = {
    'image': tf.TensorSpec([None, None, 3], tf.uint8),
    'masks': tf.TensorSpec([None, None, None], tf.bool),
    'boxes': tf.TensorSpec([None, 4], tf.float32),
    'classes': tf.TensorSpec([None], tf.int64),
    'source_id': tf.TensorSpec([], tf.int32),
  }
  return tf.data.Dataset.from_generator(lambda: examples, output_signature=spec)


@pytest.mark.parametrize('count', [0, 1, 4])
def test_from_masks_keeps_everything(count):
  given = _tensors(count)
  found = reference.to_numpy(augment.from_masks(**given, **KNOBS))
  np.testing.assert_array_equal(found.image[:30, :45], given['image'])
  np.testing.assert_array_equal(found.boxes[:count], given['boxes'])
  np.testing.assert_array_equal(found.classes[:count], given['classes'])
  for mask, ident in zip(given['masks'], found.ids, strict=False):
    full = reference.mask_of(found.planes, ident)
    np.testing.assert_array_equal(full[:30, :45], mask)
    assert full.sum() == mask.sum()
  assert not found.classes[count:].any() and not found.shrunk


def test_scenes_of_another_pipeline_are_augmented():
  """The README's example: dicts of ragged size in, training batches out."""

  dataset = _dataset(
    _tensors(seed % 4, seed, size=(20 + seed, 40)) for seed in range(12)
  )
  scenes = dataset.map(lambda e: augment.from_masks(**e, **KNOBS)).batch(4)

  def copy_paste(index, batch):
    return augment.augment(
      batch,
      [7, index],
      output_size=(64, 64),
      copy_paste=augment.CopyPaste(min_visible_area=4),
    )

  batches = list(scenes.enumerate().map(copy_paste))
  assert len(batches) == 3
  assert batches[0].image.shape == (4, 64, 64, 3)
  assert sum(
    float(tf.reduce_sum(b.statistics['objects_pasted'])) for b in batches
  )


@pytest.mark.parametrize(
  ('knob', 'message'),
  [
    ({'source_size': (29, 50)}, 'raise source_size'),
    ({'max_instances': 3}, 'raise max_source_instances'),
  ],
)
def test_limits_that_are_too_small_name_the_knob(knob, message):
  error = tf.errors.InvalidArgumentError
  with pytest.raises(error, match=message):
    augment.from_masks(**_tensors(4), **(KNOBS | knob))
  dataset = _dataset([_tensors(4)])
  scenes = dataset.map(lambda e: augment.from_masks(**e, **(KNOBS | knob)))
  with pytest.raises(error, match=message):
    next(iter(scenes))


def _square(**changes):
  """A 6x8 image with two masks, in NumPy."""
  masks = np.zeros([2, 6, 8], bool)
  masks[0, 1:4, 2:7], masks[1, 3:, 5:] = True, True
  given = {
    'image': np.zeros([6, 8, 3], np.uint8),
    'masks': masks,
    'boxes': np.float32([[1, 2, 4, 7], [3, 5, 6, 8]]),
    'classes': np.array([3, 1]),
    'source_id': 5,
  }
  return given | changes


def test_absent_boxes_come_from_the_masks():
  masks = np.concatenate([_square()['masks'], np.zeros([1, 6, 8], bool)])
  given = _square(masks=masks, boxes=None, classes=[3, 1, 2])
  dataset = tf.data.Dataset.from_tensors(masks).map(
    lambda masks: augment.from_masks(**(given | {'masks': masks}), **KNOBS)
  )
  eager = augment.from_masks(**given, **KNOBS)
  for way, scene in (('eager', eager), ('tf.data', next(iter(dataset)))):
    np.testing.assert_array_equal(
      scene.boxes[:3], [[1, 2, 4, 7], [3, 5, 6, 8], [0, 0, 0, 0]], way
    )


def test_crowds_are_neither_labels_nor_pasted():
  scene = augment.from_masks(**_square(crowd=[False, True]), **KNOBS)
  np.testing.assert_array_equal(scene.crowd.numpy()[:3], [False, True, False])
  other = augment.from_masks(**_square(source_id=6, crowd=[0, 1]), **KNOBS)
  batch = tf.nest.map_structure(lambda *x: tf.stack(x), scene, other)
  example = augment.augment(
    batch,
    [0, 1],
    output_size=(24, 32),
    jitter=augment.ScaleJitter(1.0, 1.0),
    copy_paste=augment.CopyPaste(subset='all', min_visible_area=0),
  )
  assert set(example.classes.numpy().ravel()) == {0, 3}
  np.testing.assert_array_equal(example.statistics['objects_available'], 1)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'image': np.zeros([6, 8, 3], np.float32)}, 'image of uint8'),
    ({'image': np.zeros([6, 8], np.uint8)}, r'image of shape \[h, w, 3\]'),
    ({'image': np.zeros([6, 8, 4], np.uint8)}, r'got \(6, 8, 4\)'),
    ({'masks': np.zeros([6, 8], bool)}, r'masks of shape \[n, h, w\]'),
    ({'masks': np.zeros([2, 8, 6], bool)}, r'here \[n, 6, 8\], got \(2, 8'),
    ({'masks': np.full([2, 6, 8], 'x')}, 'masks of bool or numbers'),
    ({'classes': np.array([1, 2, 3])}, r'classes of shape .* got \(3,\)'),
    ({'classes': np.array([1.0, 2.0])}, 'classes of integers, got float64'),
    ({'boxes': np.zeros([3, 4])}, r'boxes of shape \[n, 4\], here \[2, 4\]'),
    ({'boxes': np.zeros([2, 5])}, 'boxes of shape'),
    ({'crowd': [True]}, 'crowd of shape'),
    ({'crowd': [0.0, 1.0]}, 'crowd of bool or integers'),
    ({'source_id': [1]}, 'source_id of shape'),
    ({'source_id': 1.5}, 'source_id of integers'),
  ],
)
def test_invalid_static_arguments_are_refused_while_tracing(changes, message):
  given = _square(**changes)
  with pytest.raises(ValueError, match=message):
    augment.from_masks(**given, **KNOBS)
  dataset = tf.data.Dataset.from_tensors(given)
  with pytest.raises(ValueError, match=message):
    dataset.map(lambda e: augment.from_masks(**e, **KNOBS))


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'classes': np.array([1, 0])}, 'classes of at least 1'),
    ({'classes': np.array([-1, 2])}, 'classes of at least 1'),
    ({'classes': np.array([1, 2, 3])}, 'one entry of classes for each mask'),
    ({'masks': np.zeros([2, 8, 6], bool)}, 'masks of the size of the image'),
    ({'boxes': np.float32([[0, 0, 3, np.nan]] * 2)}, 'holds NaN'),
    ({'boxes': np.float32([[0, 0, 3, np.inf]] * 2)}, 'NaN or infinity'),
    ({'boxes': np.float32([[3, 0, 2, 5]] * 2)}, 'one is inverted'),
    ({'boxes': np.zeros([1, 4], np.float32)}, 'one entry of boxes'),
  ],
)
def test_invalid_values_are_refused_while_running(changes, message):
  spec = {
    'image': tf.TensorSpec(None, tf.uint8),
    'masks': tf.TensorSpec([None, None, None], tf.bool),
    'boxes': tf.TensorSpec([None, None], tf.float32),
    'classes': tf.TensorSpec([None], tf.int64),
    'source_id': tf.TensorSpec([], tf.int32),
  }
  dataset = tf.data.Dataset.from_generator(
    lambda: [_square(**changes)], output_signature=spec
  )
  scenes = dataset.map(lambda e: augment.from_masks(**e, **KNOBS))
  with pytest.raises(tf.errors.InvalidArgumentError, match=message):
    next(iter(scenes))
