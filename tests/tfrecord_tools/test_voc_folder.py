"""A VOCdevkit becomes records, and no label is lost in silence."""

import collections

import numpy as np
import pytest
import voc_folder
import voc_kit
from PIL import Image
from voc_kit import ENTRY

from copypaste_tf import records
from copypaste_tf.records import voc_xml
from tfrecord_tools import conversion, manifest
from tfrecord_tools import voc_folder as loader
from tfrecord_tools.faults import ConversionError

ID = 2008000002


@pytest.fixture
def kit(tmp_path):
  return voc_kit.Kit(tmp_path)


def regions(number, category):
  """Returns a class map and an object map of one square with a void border."""
  classes, objects = np.zeros((2, *voc_kit.SHAPE), np.uint8)
  for ids, value in ((classes, category), (objects, number)):
    ids[8:30, 10:40] = 255
    ids[10:28, 12:38] = value
  return classes, objects


def test_boxes_names_and_flags_reach_the_records(kit):
  dog = voc_folder.entry('dog', (1, 1, 60, 40), 1)
  manifest, found = kit.add('2008_000002', ENTRY, dog).convert()
  record = found[ID]
  np.testing.assert_allclose(record.boxes, [[8, 10, 30, 40], [0, 0, 40, 60]])
  assert record.classes.tolist() == [8, 12]
  assert record.class_names == ['cat', 'dog']
  assert record.difficult.tolist() == [False, True]
  assert not record.has_masks and not record.crowd.any()
  assert record.filename == 'VOC2012/JPEGImages/2008_000002.jpg'
  assert manifest['label_map']['20'] == 'tvmonitor'
  assert not manifest['dropped']['images'] and manifest['labelled']


def test_boxes_that_count_from_0_need_the_flag_and_are_noted(kit, capsys):
  whole = voc_folder.entry('cat', (0, 0, 59, 39), 0)
  kit.add('2008_000002', whole)
  manifest, found = kit.convert()
  assert manifest['notes']['clipped_boxes'] == 1
  assert '1 of 1 boxes begin before' in capsys.readouterr().out
  np.testing.assert_allclose(found[ID].boxes, [[0, 0, 39, 59]])
  manifest, found = kit.convert(box_origin=0)
  assert 'clipped_boxes' not in manifest['notes']
  np.testing.assert_allclose(found[ID].boxes, [[0, 0, 40, 60]])
  assert 'begin before' not in capsys.readouterr().out


def test_difficult_objects_may_be_left_out_and_are_counted(kit):
  hard = voc_folder.entry('dog', (1, 1, 60, 40), 1)
  kit.add('2008_000002', ENTRY, hard).add('2008_000003', hard)
  manifest, found = kit.convert(skip_difficult=True)
  assert found[ID].class_names == ['cat']
  assert len(found[2008000003].classes) == 0
  assert manifest['notes']['difficult_objects_skipped'] == 2
  assert manifest['counts']['annotations']['in'] == 1


def test_a_set_of_ones_own_has_its_own_classes(kit):
  kit.add('my-image', voc_folder.entry('lamp', (1, 1, 5, 5), 0), ENTRY)
  manifest, found = kit.convert(classes=['rug', 'lamp'])
  (record,) = found.values()
  assert record.classes.tolist() == [2]
  assert manifest['label_map'] == {'1': 'rug', '2': 'lamp'}
  assert manifest['dropped']['annotations'] == {'unknown_category': 1}
  (example,) = manifest['dropped']['examples']['unknown_category']
  assert 'my-image.xml: object 2' in example['place']
  for wrong in (['a', 'a'], [], ['']):
    with pytest.raises(ValueError, match='--classes: expected 1 to 254'):
      kit.convert(classes=wrong)


def test_an_image_of_another_kind_is_found_by_the_name_in_the_xml(kit):
  kit.add('one', ENTRY, filename='folder\\one.png')
  kit.file('JPEGImages', 'one.jpg').rename(kit.file('JPEGImages', 'one.png'))
  _, found = kit.convert()
  (record,) = found.values()
  assert record.filename.endswith('one.png')


def test_a_jpeg_is_read_though_the_xml_names_another_extension(kit):
  manifest, found = kit.add('one', ENTRY, filename='one.png').convert()
  (record,) = found.values()
  assert record.filename == 'VOC2012/JPEGImages/one.jpg'
  assert manifest['notes']['images_found_by_second_name'] == 1


def test_an_xml_that_names_another_image_is_noted(kit):
  manifest, found = kit.add('one', ENTRY, filename='two.jpg').convert()
  assert (
    len(found) == 1 and manifest['notes']['file_names_of_other_images'] == 1
  )


BROKEN = {
  'missing_annotation_file': lambda kit: kit.add('bad', None),
  'missing_image': lambda kit: (
    kit.add('bad', ENTRY).file('JPEGImages', 'bad.jpg').unlink()
  ),
  'image_size_mismatch': lambda kit: kit.add('bad', ENTRY, size=(60, 40)),
  'malformed_annotation_file': lambda kit: kit.add('bad', '<object/>'),
}


@pytest.mark.parametrize('reason', BROKEN)
def test_an_image_that_cannot_be_used_is_counted_and_named(kit, reason):
  kit.add('2008_000002', ENTRY)
  BROKEN[reason](kit)
  manifest, found = kit.convert()
  assert list(found) == [ID]
  assert manifest['dropped']['images'] == {reason: 1}
  (example,) = manifest['dropped']['examples'][reason]
  assert 'bad' in example['detail'] or reason == 'image_size_mismatch'
  with pytest.raises(ConversionError, match=reason):
    kit.convert(on_error='fail', output_prefix=str(kit.path / 'other/x'))


def test_a_size_of_zero_is_taken_from_the_file(kit):
  manifest, found = kit.add('2008_000002', ENTRY, size=(0, 0)).convert()
  assert found[ID].height == 40 and manifest['notes']['sizes_from_files'] == 1


def test_masks_of_objects_become_planes_without_void(kit):
  kit.add('2008_000002', ENTRY).draw(*regions(7, 8))
  manifest, found = kit.convert(task='instances')
  record = found[ID]
  assert record.class_names == ['cat'] and record.has_masks
  assert record.areas.tolist() == [18 * 26]
  assert (record.planes > 0).sum() == 18 * 26
  np.testing.assert_allclose(record.boxes, [[8, 10, 30, 40]])
  assert record.difficult.tolist() == [False]
  assert not manifest['dropped']['annotations']


def test_masks_need_no_xml(kit):
  kit.add('2008_000002', None).draw(*regions(1, 15))
  manifest, found = kit.convert(task='instances')
  np.testing.assert_allclose(found[ID].boxes, [[10, 12, 28, 38]])
  assert found[ID].class_names == ['person'] and found[ID].difficult is None
  assert manifest['notes']['images_without_annotation_file'] == 1


def test_a_listed_object_without_a_mask_is_dropped_and_counted(kit):
  other = voc_folder.entry('dog', (45, 30, 60, 40), 0)
  kit.add('2008_000002', ENTRY, other).draw(*regions(1, 8))
  manifest, found = kit.convert(task='instances')
  assert found[ID].class_names == ['cat']
  assert manifest['dropped']['annotations'] == {'no_mask': 1}


def test_label_pngs_of_another_size_drop_the_image(kit):
  kit.add('2008_000002', ENTRY).draw(*regions(1, 8))
  classes, objects = regions(1, 8)
  kit.add('x', ENTRY).draw(classes[:, :50], objects)
  kit.add('y', None).draw(classes[:, :50], objects[:, :50])
  manifest, found = kit.convert(task='instances')
  assert list(found) == [ID]
  assert manifest['dropped']['images'] == {
    'label_png_of_another_size': 1,
    'image_size_mismatch': 1,
  }


def test_a_change_of_any_label_file_makes_the_records_again(kit):
  kit.add('2008_000002', ENTRY).draw(*regions(1, 8))
  sums = set()
  for folder, suffix in (
    ('Annotations', 'xml'),
    ('SegmentationClass', 'png'),
    ('SegmentationObject', 'png'),
  ):
    sums.add(kit.convert(task='instances')[0]['fingerprint'])
    path = kit.file(folder, f'2008_000002.{suffix}')
    path.write_bytes(path.read_bytes() + b'\n')
  sums.add(kit.convert(task='instances')[0]['fingerprint'])
  assert len(sums) == 4


def test_an_unknown_task_is_refused(kit):
  with pytest.raises(ValueError, match="task must be one of .*, got 'boxes'"):
    kit.add('a', ENTRY).convert(task='boxes')


def test_the_real_sample_becomes_records(real_data, tmp_path):
  kit = voc_kit.Kit(real_data / 'voc_detection_sample/VOCdevkit')
  data = loader.load(str(kit.path), stop=True, sets=['2012:trainval'])
  assert data.num_images == 33 and data.num_annotations == 128
  objects = [item for entry in data.images.values() for item in entry.objects]
  assert sum(item.difficult for item in objects) == 38
  names = {voc_xml.CLASSES[item.category_id - 1] for item in objects}
  assert len(names) > 10
  # One box is as wide as its image.
  assert any(
    item.box[1] == 0 and item.box[3] == entry.size[1]
    for entry in data.images.values()
    for item in entry.objects
  )


def test_a_class_map_reaches_the_record_as_ids_with_void(kit):
  classes, _ = regions(1, 8)
  kit.add('2008_000002', None).draw(classes)
  manifest, found = kit.convert(task='segmentation')
  np.testing.assert_array_equal(found[ID].class_map, classes)
  assert len(found[ID].classes) == 0 and not found[ID].has_masks
  assert manifest['counts']['annotations'] == {
    'in': 1,
    'written': 1,
    'dropped': 0,
    'not_selected': 0,
  }


def test_class_maps_that_cannot_be_used_are_counted_and_named(kit):
  classes, _ = regions(1, 8)
  kit.add('2008_000002', None).draw(classes)
  kit.add('missing', None)
  kit.add('size', None).draw(classes[:, :50])
  kit.add('values', None).draw(classes.clip(0, 21))
  kit.add('damaged', None).draw(classes)
  path = kit.file('SegmentationClass', 'damaged.png')
  path.write_bytes(path.read_bytes()[:-40])
  manifest, found = kit.convert(task='segmentation')
  assert list(found) == [ID]
  assert manifest['dropped']['images'] == {
    'missing_annotation_file': 1,
    'label_png_of_another_size': 1,
    'label_png_values': 1,
    'unreadable_label_png': 1,
  }
  assert manifest['dropped']['annotations'] == {'image_dropped': 4}
  for reason, (example, *_) in manifest['dropped']['examples'].items():
    assert 'SegmentationClass' in example['detail'], reason


def test_a_class_map_in_colours_becomes_ids_and_is_noted(kit):
  classes, _ = regions(1, 8)
  kit.add('2008_000002', None).draw(classes)
  path = kit.file('SegmentationClass', '2008_000002.png')
  with Image.open(path) as image:
    image.convert('RGB').save(path)
  manifest, found = kit.convert(task='segmentation')
  np.testing.assert_array_equal(found[ID].class_map, classes)
  assert manifest['notes']['label_pngs_read_by_colour'] == 1


def test_a_class_map_is_turned_with_its_image(kit):
  classes, _ = regions(1, 8)
  kit.add('2008_000002', None).draw(classes)
  path = kit.file('JPEGImages', '2008_000002.jpg')
  exif = Image.Exif()
  exif[0x0112] = 6
  with Image.open(path) as image:
    image.save(path, exif=exif)
  data = loader.load(
    str(kit.path), stop=True, **kit.options(task='segmentation').loader_settings
  )
  entry = data.images[ID]._replace(size=voc_kit.SHAPE)
  job = conversion.Job(str(kit.path), 'x', 1, False, True, {}, {}, '')
  serialized, _ = conversion.convert_image(entry, job, manifest.Tally())
  turned = records.parse(serialized).class_map
  np.testing.assert_array_equal(turned, np.rot90(classes, -1))


def test_the_real_class_maps_become_records(real_data, tmp_path):
  kit = voc_kit.Kit(tmp_path)
  for path in sorted((real_data / 'voc_sample').glob('*/*.*g')):
    kit.file(path.parent.name, path.name).write_bytes(path.read_bytes())
  kit.names = ['2011_000003', '2011_000006', '2011_000025']
  _, found = kit.convert(task='segmentation')
  present = [np.unique(x.class_map).tolist() for x in found.values()]
  assert sorted(present) == [[0, 5, 15, 255], [0, 6, 7], [0, 9, 15, 18, 255]]
  _, found = kit.convert(task='instances')
  names = [name for record in found.values() for name in record.class_names]
  assert collections.Counter(names) == {
    'person': 6,
    'bus': 2,
    'bottle': 1,
    'car': 1,
    'chair': 1,
    'sofa': 1,
  }
