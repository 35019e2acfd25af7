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


def test_a_pipeline_of_somebody_else():
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
