"""Tests the converter from end to end on small COCO folders."""

import glob
import json
import math
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
import verbs
from coco_folder import SQUARE, CocoFolder, label
from conversions import (
  assert_adds_up,
  convert,
  cut,
  digests,
  many,
  read,
)
from PIL import Image
from pycocotools import mask as coco_mask

from copypaste_tf import records
from tfrecord_tools import (
  dataset_conversion,
  orientation,
  run_lengths,
  validation,
)
from tfrecord_tools.faults import ConversionError


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def square_mask(height=60, width=80):
  encoded = coco_mask.frPyObjects([SQUARE], height, width)
  return coco_mask.decode(coco_mask.merge(encoded)).astype(bool)


def test_a_record_holds_what_the_annotation_says(folder):
  path = folder.add(7, label(70, 7), name='é/ü x.jpg')
  manifest = convert(folder)
  record = read(folder)[7]
  assert record.image_bytes == path.read_bytes()
  assert record.filename == 'é/ü x.jpg'
  assert (record.height, record.width) == (60, 80)
  np.testing.assert_allclose(record.boxes, [[8, 10, 30, 40]], rtol=1e-6)
  assert record.classes.tolist() == [3]
  assert record.class_names == ['cat']
  assert record.areas.tolist() == [660]
  assert record.annotation_ids.tolist() == [70]
  (mask,) = records.instance_masks(record)
  np.testing.assert_array_equal(mask, square_mask())
  assert manifest['label_map'] == {'3': 'cat', '90': 'été'}
  assert manifest['num_examples'] == 1
  assert manifest['include_masks'] is True
  written = json.loads(
    (folder.path / 'out/data-manifest.json').read_text('utf-8')
  )
  assert written == manifest
  assert_adds_up(manifest)


def test_every_kind_of_segmentation_is_read_for_every_iscrowd(folder):
  mask = square_mask()
  encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
  kinds = [
    [SQUARE],
    {'counts': encoded['counts'].decode(), 'size': [60, 80]},
    {'counts': run_lengths.from_mask(mask), 'size': [60, 80]},
  ]
  labels = [
    label(10 * k + crowd, 1, iscrowd=crowd, segmentation=kind)
    for k, kind in enumerate(kinds, 1)
    for crowd in (1, 0)
  ]
  folder.add(1, *labels)
  manifest = convert(folder)
  record = read(folder)[1]
  assert record.crowd.tolist() == [True, False] * 3
  for found in records.instance_masks(record):
    np.testing.assert_array_equal(found, mask)
  assert (manifest['num_planes'], manifest['num_crowd_planes']) == (3, 3)
  assert max(record.ids[~record.crowd]) < min(record.ids[record.crowd])


def test_images_without_objects_and_with_crowds_only_are_converted(folder):
  folder.add(1)
  folder.add(2, label(20, 2, iscrowd=1))
  manifest = convert(folder)
  found = read(folder)
  assert len(found[1].classes) == 0
  assert found[1].has_masks
  assert found[2].crowd.tolist() == [True]
  assert (manifest['num_planes'], manifest['num_crowd_planes']) == (0, 1)


def test_masks_of_one_pixel_stay_and_empty_masks_are_dropped(folder):
  dot = {'counts': [60 * 5 + 4, 1, 60 * 80 - 60 * 5 - 5], 'size': [60, 80]}
  thin = [[5.1, 5.1, 5.2, 5.1, 5.2, 5.2]]
  folder.add(
    1,
    label(1, bbox=[5, 4, 1, 1], area=1, segmentation=dot),
    label(2, bbox=[5.1, 5.1, 0.1, 0.1], area=0.005, segmentation=thin),
  )
  manifest = convert(folder)
  record = read(folder)[1]
  one, none = records.instance_masks(record)
  assert list(zip(*np.nonzero(one), strict=True)) == [(4, 5)]
  assert not none.any()
  assert record.ids.tolist() == [1, 0]
  assert manifest['notes']['objects_without_pixels'] == 1


def test_three_hundred_objects_are_converted(folder):
  labels = []
  for i in range(300):
    y, x = 3 * (i // 25), 3 * (i % 25)
    corners = [x, y, x + 2, y, x + 2, y + 2, x, y + 2]
    labels.append(label(i, bbox=[x, y, 2, 2], segmentation=[corners]))
  folder.add(1, *labels)
  manifest = convert(folder)
  record = read(folder)[1]
  masks = np.array(list(records.instance_masks(record)))
  assert masks.shape == (300, 60, 80)
  assert (masks.sum((1, 2)) == 4).all()
  assert manifest['max_instances'] == 300
  assert manifest['num_planes'] == 2


def test_the_smallest_and_a_large_image_are_converted(folder):
  folder.add(1, label(1, 1, bbox=[0, 0, 1, 1]), size=(1, 1))
  corners = [5000, 3000, 5999, 3000, 5999, 3999, 5000, 3999]
  box = [5000, 3000, 999, 999]
  folder.add(
    2, label(2, 2, bbox=box, segmentation=[corners]), size=(4000, 6000)
  )
  manifest = convert(folder)
  assert (manifest['max_height'], manifest['max_width']) == (4000, 6000)
  found = read(folder)
  assert found[1].planes.shape[1:] == (1, 1)
  (mask,) = records.instance_masks(found[2])
  assert mask.sum() == 999 * 999
  assert mask[3000:3999, 5000:5999].all()


def test_overhanging_boxes_are_clipped_and_dropped_only_if_nothing_remains(
  folder,
):
  folder.add(
    1,
    label(1, bbox=[70, 50, 10.0000001, 10]),
    label(2, bbox=[-5, -6, 20, 20]),
    label(3, bbox=[-5, -6, 5, 20]),
    label(4, bbox=[80, 5, 5, 20]),
    label(5, bbox=[1, 1, 0, 5]),
    label(6, bbox=[0, 0, 80, 60]),
    label(7, bbox=[79.99999999, 5, 5, 20]),
  )
  for element in folder.annotations:
    del element['segmentation']  # The mask would replace such boxes.
  manifest = convert(folder, include_masks=False)
  record = read(folder)[1]
  expected = [[50, 70, 60, 80], [0, 0, 14, 15], [0, 0, 60, 80]]
  np.testing.assert_allclose(record.boxes, expected, rtol=1e-6)
  assert manifest['dropped']['annotations'] == {
    'box_outside_image': 3,
    'empty_box': 1,
  }
  assert manifest['notes']['clipped_boxes'] == 2
  assert_adds_up(manifest)


def test_absent_fields_have_defaults(folder):
  folder.add(1, label(1, bbox=None, area=None, iscrowd=None, id=None))
  manifest = convert(folder)
  record = read(folder)[1]
  rows, columns = np.nonzero(square_mask())
  box = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
  np.testing.assert_allclose(record.boxes, [box], rtol=1e-6)
  assert record.areas.tolist() == [square_mask().sum()]
  assert record.crowd.tolist() == [False]
  assert record.annotation_ids.tolist() == [0]
  assert manifest['notes'] == {'areas_computed': 1, 'boxes_from_masks': 1}


def test_without_masks_a_record_has_boxes_alone(folder):
  folder.add(1, label(1), label(2, segmentation=None, area=None))
  manifest = convert(folder, include_masks=False)
  record = read(folder)[1]
  assert len(record.classes) == 2
  assert not record.has_masks
  assert record.areas.tolist() == [660, 660]
  assert manifest['include_masks'] is False
  raw = next(
    serialized
    for _, _, serialized in records.read_serialized(
      sorted(glob.glob(str(folder.path / 'out/*.tfrecord')))
    )
  )
  keys = set(tf.train.Example.FromString(raw).features.feature)
  assert not {k for k in keys if 'mask' in k or 'plane' in k}


BAD_LABELS = {
  'unknown_category': {'category_id': 4},
  'malformed_polygon': {'segmentation': [[1, 2, 3, 4, 5, math.nan]]},
  'polygon_too_short': {'segmentation': [[1, 2, 3, 4]]},
  'malformed_rle': {'segmentation': {'counts': 'zz', 'size': [60, 80]}},
  'rle_size_mismatch': {'segmentation': {'counts': [9], 'size': [3, 3]}},
  'no_segmentation': {'segmentation': []},
  'malformed_iscrowd': {'iscrowd': 5},
  'unknown_image': {'image_id': 99},
}
MORE_BAD_BOXES = ([1, 2, 3], 'abcd', [1, 2, -3, 4], [1, 2, 'x', 4], 5, [])


@pytest.mark.parametrize('reason', BAD_LABELS)
def test_bad_annotations_are_skipped_and_counted_or_stop(folder, reason):
  folder.add(1, label(1), label(2, **BAD_LABELS[reason]), label(3))
  manifest = convert(folder)
  assert manifest['dropped']['annotations'] == {reason: 1}
  (example,) = manifest['dropped']['examples'][reason]
  assert 'annotation 2' in example['place']
  assert read(folder)[1].annotation_ids.tolist() == [1, 3]
  assert_adds_up(manifest)
  with pytest.raises(ConversionError, match=f'annotation 2: {reason}'):
    convert(folder, on_error='fail', output_prefix=str(folder.path / 'o/x'))


@pytest.mark.parametrize('bbox', MORE_BAD_BOXES, ids=str)
def test_boxes_of_other_types_come_from_the_mask_or_are_dropped(folder, bbox):
  folder.add(1, label(1), label(2, bbox=bbox))
  manifest = convert(folder)
  boxes = read(folder)[1].boxes
  np.testing.assert_allclose(boxes, [[8, 10, 30, 40]] * 2, rtol=1e-6)
  assert manifest['notes']['boxes_from_masks'] == 1
  for element in folder.annotations:
    del element['segmentation']
  manifest = convert(folder, include_masks=False, overwrite=True)
  (reason,) = manifest['dropped']['annotations']
  assert reason in ('malformed_box', 'no_segmentation')


def test_duplicate_annotations_keep_the_first(folder):
  folder.add(1, label(1), label(1, category_id=90))
  folder.annotations += ['x', None]
  folder.annotations.append(label(1))
  manifest = convert(folder)
  record = read(folder)[1]
  assert record.classes.tolist() == [3, 90]
  assert record.annotation_ids.tolist() == [1, 2]
  assert manifest['dropped']['annotations'] == {
    'duplicate_annotation_id': 1,
    'malformed_annotation': 2,
  }
  assert manifest['notes'] == {'annotation_ids_renumbered': 1}
  assert_adds_up(manifest)


BAD_IMAGES = {
  'missing_image': lambda path: path.unlink(),
  'corrupt_image': cut,
  'image_size_mismatch': lambda path: Image.new('RGB', (9, 9)).save(path),
}


@pytest.mark.parametrize('reason', BAD_IMAGES)
def test_bad_images_are_skipped_and_counted_or_stop(folder, reason):
  folder.add(1, label(1, 1))
  BAD_IMAGES[reason](folder.add(2, label(2, 2), label(3, 2)))
  manifest = convert(folder)
  assert list(read(folder)) == [1]
  assert manifest['dropped']['images'] == {reason: 1}
  assert manifest['dropped']['annotations'] == {'image_dropped': 2}
  assert_adds_up(manifest)
  with pytest.raises(ConversionError, match=f'image 2: {reason}'):
    convert(folder, on_error='fail', output_prefix=str(folder.path / 'o/x'))
  assert not glob.glob(str(folder.path / 'o/*manifest*'))


def test_images_with_duplicate_ids_are_dropped(folder):
  for image_id, name in (
    (1, 'a.jpg'),
    (1, 'a.jpg'),
    (2, 'b.jpg'),
    (2, 'c.jpg'),
  ):
    folder.add(image_id, name=name)
  folder.add(3)
  folder.annotations = [label(i, i) for i in (1, 2, 3)]
  manifest = convert(folder)
  assert sorted(read(folder)) == [1, 3]
  assert manifest['dropped']['images'] == {
    'ambiguous_image_id': 2,
    'duplicate_image_id': 1,
  }
  assert manifest['dropped']['annotations'] == {'image_dropped': 1}
  assert_adds_up(manifest)
  with pytest.raises(ConversionError, match='image 1: duplicate_image_id'):
    convert(folder, on_error='fail', output_prefix=str(folder.path / 'o/x'))


def test_malformed_image_entries_are_dropped(folder):
  folder.add(1)
  folder.images += [
    {'id': [], 'file_name': 'x.jpg'},
    {'id': True, 'file_name': 'x.jpg'},
    {'id': 5},
    'text',
    {'file_name': 'x.jpg'},
  ]
  folder.annotations = [label(1, 5), label(2, 1)]
  manifest = convert(folder)
  assert manifest['dropped']['images'] == {
    'malformed_image_entry': 1,
    'malformed_image_id': 3,
    'no_file_name': 1,
  }
  assert manifest['dropped']['annotations'] == {'image_dropped': 1}
  assert_adds_up(manifest)


def test_digits_in_a_string_are_an_id(folder):
  folder.add(12, label(1, '12'), id='12')
  convert(folder)
  assert list(read(folder)) == [12]


def with_exif(path, tag):
  exif = Image.Exif()
  exif[0x0112] = tag
  with Image.open(path) as image:
    image.load()
  image.save(path, exif=exif)


@pytest.mark.parametrize('tag', [6, 7, 8])
def test_labels_of_turned_images_are_read_in_either_frame(folder, tag):
  with_exif(folder.add(1, label(1, 1)), tag)
  with_exif(folder.add(2, label(2, 2), size=(80, 60), height=60, width=80), tag)
  manifest = convert(folder)
  found = read(folder)
  (stored,) = records.instance_masks(found[1])
  expected = orientation.turn_pixels(square_mask(), tag)
  np.testing.assert_array_equal(stored, expected)
  box = orientation.turn_box(np.array([8, 10, 30, 40]), (60, 80), tag)
  np.testing.assert_allclose(found[1].boxes, [box], rtol=1e-6)
  assert (found[1].height, found[1].width) == (80, 60)
  (upright,) = records.instance_masks(found[2])
  np.testing.assert_array_equal(upright, square_mask())
  np.testing.assert_allclose(found[2].boxes, [[8, 10, 30, 40]], rtol=1e-6)
  assert manifest['notes'] == {
    'images_reencoded': 2,
    'images_turned_upright': 2,
  }


def test_images_whose_turn_keeps_the_size_are_noted(folder):
  with_exif(folder.add(1, label(1, 1)), 3)
  manifest = convert(folder)
  (mask,) = records.instance_masks(read(folder)[1])
  np.testing.assert_array_equal(mask, square_mask())
  assert manifest['notes']['exif_labels_assumed_upright'] == 1


def test_fields_of_lvis_reach_the_records(folder):
  folder.add(
    1,
    label(1, 1, iscrowd=None),
    name='val2017/1.jpg',
    file_name=None,
    coco_url='http://example.org/val2017/1.jpg',
    neg_category_ids=[3, 90],
    not_exhaustive_category_ids=[],
  )
  folder.add(2, file_name=None, coco_url='http://example.org/val2017/2.jpg')
  folder.add(3, neg_category_ids='x', height=0)
  manifest = convert(folder)
  found = read(folder)
  assert found[1].filename == 'val2017/1.jpg'
  assert found[1].neg_category_ids == [3, 90]
  assert found[1].not_exhaustive_category_ids == []
  assert found[2].neg_category_ids is None
  assert found[2].filename == '2.jpg'
  assert found[3].neg_category_ids is None
  assert manifest['notes'] == {
    'category_lists_left_out': 1,
    'sizes_from_files': 1,
  }
  example = manifest['note_examples']['category_lists_left_out']
  assert example == {
    'place': 'image 3',
    'detail': "neg_category_ids: expected ids, got 'x'",
  }


def test_long_and_textual_ids_reach_the_manifest(folder):
  folder.add(7, label(2**100, 'a-b'), id='a-b')
  manifest = convert(folder)
  (number,) = manifest['image_ids'].values()
  assert manifest['image_ids'] == {'a-b': number}
  assert read(folder)[number].annotation_ids.tolist() == [0]


def test_renumbered_categories_reach_records_and_manifest(folder):
  folder.categories = [{'id': 0, 'name': 'cat'}, {'id': 4, 'name': 'dog'}]
  folder.add(1, label(1, category_id=0), label(2, category_id=4))
  manifest = convert(folder, first_category_id=1)
  assert read(folder)[1].classes.tolist() == [1, 5]
  assert manifest['label_map'] == {'1': 'cat', '5': 'dog'}
  assert manifest['category_ids'] == {'0': 1, '4': 5}
  assert manifest['arguments']['first_category_id'] == 1
  with pytest.raises(ValueError, match='--overwrite'):
    convert(folder, first_category_id=2)


def test_boxes_in_corners_are_found_by_their_masks(folder, capsys):
  folder.add(1, label(1, bbox=[10, 8, 40, 30]), label(2, bbox=[10, 8, 40, 30]))
  manifest = convert(folder)
  np.testing.assert_allclose(read(folder)[1].boxes, [[8, 10, 30, 40]] * 2)
  assert manifest['notes'] == {'boxes_in_another_form': 2}
  assert '[x1, y1, x2, y2]' in capsys.readouterr().out


def command(folder, **changes):
  flags = folder.flags(**changes)
  line = [sys.executable, '-m', 'tfrecord_tools.create_coco_tfrecord']
  return line + [f'--{name}={value}' for name, value in flags.items()]


def run(folder, **changes):
  return verbs.run_here(*command(folder, **changes)[2:])


def test_killed_and_run_again_gives_the_same_bytes(folder):
  many(folder, 400)
  out = folder.path / 'out'
  flags = {'num_shards': 20, 'num_workers': 2}
  killed = subprocess.Popen(
    command(folder, **flags), stdout=subprocess.PIPE, stderr=subprocess.PIPE
  )
  deadline = time.monotonic() + 120
  while not glob.glob(str(out / '*.tfrecord')):
    assert killed.poll() is None, killed.stderr.read()
    assert time.monotonic() < deadline
    time.sleep(0.002)
  killed.send_signal(signal.SIGKILL)
  killed.wait()
  time.sleep(1)  # The workers notice and end.
  done = len(glob.glob(str(out / '*.tfrecord')))
  assert 0 < done < 20
  assert not (out / 'data-manifest.json').exists()
  time.sleep(1)
  assert len(glob.glob(str(out / '*.tfrecord'))) == done
  (out / '.data-00003-of-00020.tfrecord.77.tmp').write_bytes(b'half')
  convert(folder, **flags | {'num_workers': 1})
  resumed = digests(folder)
  for name in resumed:
    (out / name).unlink()
  convert(folder, **flags | {'num_workers': 1})
  assert digests(folder) == resumed
  # The manifest, and what describes the records to TensorFlow Datasets.
  assert len(resumed) == 20 + 1 + 3


def test_the_command_line_converts_and_reports(folder):
  folder.add(1, label(1, 1), label(2, 1, category_id=5))
  done = run(folder)
  assert done.returncode == 1
  assert (
    'instances.json: 1 of 2 annotations were dropped: unknown_category, such '
    'as image 1, annotation 2: no category has the id 5; there are 3, 90.'
  ) in done.stderr
  shards = [p.stat().st_mtime_ns for p in (folder.path / 'out').glob('*-of-*')]
  done = run(folder, max_dropped=1)
  assert done.returncode == 0, done.stderr
  assert '2 of 2 shards are complete already' in done.stdout
  kept = [p.stat().st_mtime_ns for p in (folder.path / 'out').glob('*-of-*')]
  assert kept == shards
  assert 'annotations dropped: unknown_category' in done.stdout
  assert '1 records in 2 shards' in done.stdout
  done = run(folder, on_error='fail', output_prefix=str(folder.path / 'o/x'))
  assert done.returncode == 1
  assert 'error: image 1, annotation 2: unknown_category' in done.stderr
  assert 'Traceback' not in done.stderr


def test_nothing_converted_is_an_error(folder):
  folder.add(1).unlink()
  done = run(folder)
  assert done.returncode == 1
  assert 'missing_image' in done.stdout
  assert 'no image of 1 could be converted' in done.stderr


def test_the_command_line_makes_splits_and_names_what_is_wrong(folder):
  many(folder, 8)
  done = run(folder, split='a:0.5,b:0.5')
  assert done.returncode == 0, done.stderr
  assert 'split a:' in done.stdout and 'split b:' in done.stdout
  assert set(read(folder, 'data-a')) | set(read(folder, 'data-b')) == {
    *range(1, 9)
  }
  done = run(folder, split='a=0.5')
  assert done.returncode == 1
  assert 'train:0.75,val:0.25' in done.stderr


def garden():
  name = 'official.vision.data.create_coco_tf_record'
  return pytest.importorskip(name, exc_type=ImportError)


def garden_decoder():
  name = 'official.vision.dataloaders.tf_example_decoder'
  return pytest.importorskip(name).TfExampleDecoder(include_mask=True)


@pytest.fixture(scope='module')
def converted_sample(coco_sample, tmp_path_factory):
  prefix = tmp_path_factory.mktemp('sample') / 'train'
  manifest = dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=str(coco_sample / 'images'),
      annotations=str(coco_sample / 'instances_train.json'),
      output_prefix=str(prefix),
      num_shards=2,
      num_workers=1,
      on_error='fail',
    )
  )
  return prefix, manifest


def test_real_images_lose_nothing(converted_sample, coco_sample):
  prefix, manifest = converted_sample
  assert manifest['counts'] == {
    'images': {'in': 214, 'written': 214, 'dropped': 0, 'not_selected': 0},
    'annotations': {
      'in': 1872,
      'written': 1872,
      'dropped': 0,
      'not_selected': 0,
    },
  }
  paths = sorted(glob.glob(f'{prefix}-*.tfrecord'))
  data = json.loads((coco_sample / 'instances_train.json').read_text())
  labels = {a['id']: a for a in data['annotations']}
  for _, _, record in records.read_records(paths):
    masks = records.instance_masks(record)
    numbers = record.annotation_ids.tolist()
    for number, box, mask in zip(numbers, record.boxes, masks, strict=True):
      annotation = labels.pop(number)
      encoded = coco_mask.frPyObjects(
        annotation['segmentation'], record.height, record.width
      )
      if isinstance(encoded, list):
        encoded = coco_mask.merge(encoded)
      np.testing.assert_array_equal(coco_mask.decode(encoded) > 0, mask)
      x, y, w, h = annotation['bbox']
      np.testing.assert_allclose(box, [y, x, y + h, x + w], atol=1e-3)
  assert not labels


def test_model_garden_reads_our_records(converted_sample):
  prefix, _ = converted_sample
  decoder = garden_decoder()
  paths = sorted(glob.glob(f'{prefix}-*.tfrecord'))
  for _, _, serialized in list(records.read_serialized(paths))[:40]:
    record = records.parse(serialized)
    decoded = decoder.decode(serialized)
    masks = np.array(list(records.instance_masks(record)))
    size = [record.height, record.width] * 2
    boxes = decoded['groundtruth_boxes'].numpy() * size
    np.testing.assert_allclose(boxes, record.boxes, rtol=1e-5, atol=1e-4)
    if len(masks):
      found = decoded['groundtruth_instance_masks'].numpy()
      np.testing.assert_array_equal(found, masks)
    classes = decoded['groundtruth_classes'].numpy()
    np.testing.assert_array_equal(classes, record.classes)
    crowd = decoded['groundtruth_is_crowd'].numpy()
    np.testing.assert_array_equal(crowd, record.crowd)
    np.testing.assert_allclose(decoded['groundtruth_area'], record.areas)
    assert int(decoded['source_id'].numpy()) == record.source_id


def test_we_read_model_gardens_records(converted_sample, coco_sample):
  prefix, _ = converted_sample
  model_garden = garden()
  ours = {
    record.source_id: record
    for _, _, record in records.read_records(
      sorted(glob.glob(f'{prefix}-*.tfrecord'))
    )
  }
  data = json.loads((coco_sample / 'instances_train.json').read_text())
  names = {c['id']: c['name'] for c in data['categories']}
  compared = 0
  for element in data['images'][:60]:
    labels = [a for a in data['annotations'] if a['image_id'] == element['id']]
    # It drops what overhangs by a rounding error; we clip it.
    kept = [
      i
      for i, (x, y, w, h) in enumerate(a['bbox'] for a in labels)
      if x + w <= element['width'] and y + h <= element['height']
    ]
    example, skipped = model_garden.create_tf_example(
      element,
      [str(coco_sample / 'images')],
      bbox_annotations=labels,
      id_to_name_map=names,
      include_masks=True,
    )
    assert skipped == len(labels) - len(kept)
    theirs = records.parse(example.SerializeToString())
    mine = ours[element['id']]
    assert theirs.image_bytes == mine.image_bytes
    for field in ('boxes', 'classes', 'areas', 'crowd'):
      np.testing.assert_allclose(
        getattr(theirs, field), getattr(mine, field)[kept], rtol=1e-5
      )
    assert theirs.class_names == [mine.class_names[i] for i in kept]
    masks = list(records.instance_masks(mine))
    found = records.instance_masks(theirs)
    for i, mask in zip(kept, found, strict=True):
      np.testing.assert_array_equal(mask, masks[i])
      compared += 1
  assert compared > 300


@pytest.mark.parametrize('name', ['nuclei', 'lvis_val_sample'])
def test_real_images_of_nuclei_and_lvis_are_converted(
  real_data, tmp_path, name
):
  annotations = {
    'nuclei': 'instances_val.json',
    'lvis_val_sample': 'lvis_val_with_images.json',
  }[name]
  manifest = dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=str(real_data / name / 'images'),
      annotations=str(real_data / name / annotations),
      output_prefix=str(tmp_path / 'x'),
      num_shards=1,
      num_workers=1,
      on_error='fail',
    )
  )
  counts = manifest['counts']
  assert counts['images']['written'] == counts['images']['in']
  assert counts['annotations']['written'] == counts['annotations']['in'] > 500
  paths = glob.glob(str(tmp_path / '*.tfrecord'))
  faults = [
    f for _, found in validation.validate(paths, manifest) for f in found
  ]
  assert not faults
