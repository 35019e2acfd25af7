"""The rules of the method on real COCO images, against NumPy loops."""

import numpy as np
import pytest
import reference
import tensorflow as tf
from pycocotools import coco as pycoco

from copypaste_tf import augment
from copypaste_tf.augment import engines
from copypaste_tf.inputs import reader, record_order
from tfrecord_tools import dataset_conversion

SIZE = (160, 192)
PASTE = augment.CopyPaste(min_visible_area=20, box_tolerance=2.0)
JITTER = augment.ScaleJitter(0.3, 2.0)


@pytest.fixture(scope='module')
def scenes(coco_sample, tmp_path_factory):
  """Four batches of eight decoded images, crowds and empty images included."""
  folder = tmp_path_factory.mktemp('records')
  dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=str(coco_sample / 'images'),
      annotations=str(coco_sample / 'instances_train.json'),
      output_prefix=str(folder / 'train'),
      num_shards=2,
      num_workers=1,
    )
  )
  files = sorted(str(path) for path in folder.glob('*.tfrecord'))
  records = record_order.shuffled_records(
    record_order.slices(files), 3, shuffle_buffer_size=200
  )
  decoded = reader.scenes(
    records, source_size=(640, 640), max_instances=60, num_planes=6
  )
  return list(decoded.batch(8, drop_remainder=True).take(4))


def test_decoded_masks_equal_the_annotations(coco_sample, scenes):
  coco = pycoco.COCO(str(coco_sample / 'instances_train.json'))
  checked = 0
  for batch in scenes:
    batch = reference.to_numpy(batch)
    for i, image_id in enumerate(batch.source_id):
      annotations = coco.imgToAnns[int(image_id)]
      height, width = batch.size[i]
      for k, annotation in enumerate(annotations):
        x, y, w, h = annotation['bbox']
        np.testing.assert_allclose(
          batch.boxes[i, k], [y, x, y + h, x + w], atol=2e-3
        )
        assert batch.classes[i, k] == annotation['category_id']
        assert batch.crowd[i, k] == annotation['iscrowd']
        if not annotation['iscrowd']:
          mask = reference.mask_of(batch.planes[i], batch.ids[i, k])
          np.testing.assert_array_equal(
            mask[:height, :width], coco.annToMask(annotation)
          )
          checked += 1
  assert checked > 120


@pytest.mark.parametrize('form', engines.FORMS)
def test_labels_equal_the_rules_applied_by_hand(scenes, form):
  touched = removed = 0
  for step, batch in enumerate(scenes):
    seed = tf.constant([11, step])
    example = reference.to_numpy(
      augment.augment(
        batch,
        seed,
        output_size=SIZE,
        jitter=JITTER,
        copy_paste=PASTE,
        max_instances=120,
        form=form,
      )
    )
    targets, sources = (
      reference.to_numpy(canvas.scenes)
      for canvas in augment.pair(
        batch, seed, output_size=SIZE, jitter=JITTER, form=form
      )
    )
    for i in range(8):
      alpha = _check_pasted(example, sources, i)
      touched_here, removed_here = _check_targets(example, targets, alpha, i)
      touched += touched_here
      removed += removed_here
      np.testing.assert_array_equal(
        example.image[i],
        np.where(alpha[..., None], sources.image[i], targets.image[i]),
      )
  assert touched > 20 and removed > 5


def _check_pasted(example, sources, i):
  """Checks the pasted labels of an example and returns their union."""
  alpha = np.zeros(SIZE, bool)
  for k in np.flatnonzero(example.pasted[i]):
    (original,) = np.flatnonzero(sources.ids[i] == example.ids[i, k])
    mask = reference.mask_of(sources.planes[i], sources.ids[i, original])
    np.testing.assert_array_equal(reference.example_mask(example, i, k), mask)
    np.testing.assert_array_equal(
      example.boxes[i, k], sources.boxes[i, original]
    )
    assert example.classes[i, k] == sources.classes[i, original]
    alpha |= mask
  np.testing.assert_array_equal(example.alpha[i], alpha)
  return alpha


def _check_targets(example, targets, alpha, i):
  """Checks the labels of a target; returns the counts touched and removed."""
  present = np.flatnonzero(targets.classes[i])
  masks = [
    reference.mask_of(targets.planes[i], targets.ids[i, k]) for k in present
  ]
  expected = reference.repair_by_hand(
    targets.boxes[i, present], masks, alpha, PASTE
  )
  row_of_id = {
    example.ids[i, k]: k
    for k in np.flatnonzero((example.classes[i] > 0) & ~example.pasted[i])
  }
  for k, mask, box in zip(present, masks, expected, strict=True):
    ident = targets.ids[i, k]
    assert (ident in row_of_id) == (box is not None)
    if box is not None:
      row = row_of_id[ident]
      np.testing.assert_allclose(example.boxes[i, row], box, atol=1e-5)
      np.testing.assert_array_equal(
        reference.example_mask(example, i, row), mask & ~alpha
      )
      assert example.classes[i, row] == targets.classes[i, k]
  assert len(row_of_id) == sum(box is not None for box in expected)
  return example.touched[i].sum(), sum(box is None for box in expected)


@pytest.mark.parametrize('form', engines.FORMS)
def test_eager_dataset_and_xla_agree_on_real_images(scenes, form):
  def run(batch, seed):
    return augment.augment(
      batch,
      seed,
      output_size=SIZE,
      jitter=JITTER,
      copy_paste=PASTE,
      max_instances=60,
      form=form,
    )

  compiled = tf.function(run, jit_compile=True)
  for step, batch in enumerate(scenes):
    seed = tf.constant([5, step])
    results = [
      (name, reference.to_numpy(fn(batch, seed)))
      for name, fn in (('eager', run), ('XLA', compiled))
    ]
    reference.assert_same(results)
