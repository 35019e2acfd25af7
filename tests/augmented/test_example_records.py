import io

import augmented_examples
import numpy as np
import pytest
from PIL import Image

from copypaste_tf import examples, records
from copypaste_tf.augmented import example_records
from copypaste_tf.examples import Regions


@pytest.fixture
def example():
  return augmented_examples.example()


def padded(example):
  """Returns the example with an empty label before the pasted one."""

  def add(column):
    return np.insert(column, 2, np.zeros_like(column[0]), axis=0)

  names = ('boxes', 'classes', 'weights', 'ids', 'pasted', 'touched', 'areas')
  return example._replace(**{n: add(getattr(example, n)) for n in names})


def make(example, image_format='png'):
  return example_records.record(
    example, 17, augmented_examples.NAMES, image_format
  )


def test_a_record_holds_the_labels_and_masks_of_the_example(example):
  record = records.parse(records.serialize(make(padded(example))))
  assert record.classes.tolist() == [1, 1, 2]
  assert record.class_names == ['disc', 'disc', 'square']
  np.testing.assert_allclose(record.boxes, example.boxes, atol=1e-4)
  assert record.areas.tolist() == example.areas.tolist()
  assert (record.source_id, record.filename) == (17, '000000000017.png')
  for i, mask in enumerate(records.instance_masks(record)):
    np.testing.assert_array_equal(mask, examples.mask_of(example, i))
    assert mask.sum() == example.areas[i] > 0


def test_a_png_has_the_pixels_and_a_jpeg_nearly(example):
  noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
  smooth = np.broadcast_to(
    np.arange(60, dtype=np.uint8)[:, np.newaxis], (40, 60, 3)
  )
  for pixels, image_format, limit in ((noise, 'png', 0), (smooth, 'jpeg', 3)):
    record = make(example._replace(image=pixels), image_format)
    image = Image.open(io.BytesIO(record.image_bytes))
    assert image.format.lower() == record.image_format == image_format
    read = np.asarray(image).astype(int)
    assert np.abs(read - pixels).max() <= limit


def test_origin_tells_what_was_pasted_and_from_where(example):
  origin = example_records.origin(padded(example))
  assert origin.source_ids == [11, 22]
  assert origin.pasted == [False, False, True]
  assert origin.weights == [1, 1, 1]
  assert origin.regions == []


def test_ignored_regions_are_kept_without_their_padding(example):
  boxes = np.float32([[2, 3, 10, 8], [0, 0, 0, 0]])
  regions = Regions(boxes, np.array([True, False]))
  origin = example_records.origin(example._replace(regions=regions))
  assert origin.regions == [{'bbox': [3, 2, 5, 8], 'iscrowd': 1}]


def test_an_example_without_labels_makes_an_empty_record(example):
  record = make(example._replace(classes=np.zeros(3, int)))
  record = records.parse(records.serialize(record))
  assert len(record.classes) == len(record.planes) == 0
  assert record.has_masks


def test_boxes_alone_make_a_record_without_masks(example):
  boxes = example._replace(planes=np.zeros([0, 40, 60], np.uint8))
  record = records.parse(records.serialize(make(boxes)))
  assert not record.has_masks
  assert len(record.boxes) == 3
