"""Every fault of a file is named; good files have none."""

import glob
import re

import numpy as np
import pytest
import tensorflow as tf
from coco_folder import CocoFolder, label

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.records import png
from tfrecord_tools import dataset_conversion, validation

OTHER = [[30, 20, 60, 20, 60, 50, 30, 50]]


@pytest.fixture(scope='module')
def good(tmp_path_factory):
  """Serialized records of three images, and their manifest."""
  folder = CocoFolder(tmp_path_factory.mktemp('data') / 'x')
  folder.add(
    1,
    label(1),
    label(2, segmentation=OTHER, bbox=[30, 20, 30, 30]),
    label(3, iscrowd=1),
  )
  folder.add(2, label(20, 2, category_id=90))
  folder.add(3)
  options = dataset_conversion.Options(**folder.flags(num_shards=1))
  manifest = dataset_conversion.convert(options)
  paths = glob.glob(str(folder.path / 'out/*.tfrecord'))
  found = {}
  for _, _, serialized in records.read_serialized(paths):
    found[records.parse(serialized).source_id] = serialized
  return found, manifest


def write(path, serialized):
  with tf.io.TFRecordWriter(str(path)) as writer:
    for item in serialized:
      writer.write(item)
  return str(path)


def faults(paths, manifest=None):
  return [f for _, found in validation.validate(paths, manifest) for f in found]


def test_good_records_have_no_fault(good, tmp_path):
  found, manifest = good
  path = write(tmp_path / 'a', found.values())
  assert faults([path], manifest) == []
  counts = [done for done, _ in validation.validate([path], manifest)]
  assert counts == [1, 1, 1]


def test_a_data_set_without_an_object_is_a_fault(good, tmp_path):
  found, _ = good
  path = write(tmp_path / 'a', [found[3]])
  (fault,) = faults([path])
  assert fault.place == 'all files' and 'no object in the 1 record' in str(
    fault
  )
  none = {'counts': {'annotations': {'in': 0}}}
  assert faults([path], none) == []


def test_records_of_another_tool_are_told_by_their_features(good, tmp_path):
  example = tf.train.Example.FromString(good[0][3])
  feature = example.features.feature
  feature['image/objects/class/label'].int64_list.value.append(3)
  (fault,) = faults([write(tmp_path / 'a', [example.SerializeToString()])])
  assert "'image/objects/class/label' (image/object/class/label?)" in str(fault)


def drop(key):
  return lambda features: features.pop(key)


def put(key, kind, *numbers):
  def change(features):
    features[key].Clear()
    getattr(features[key], kind).value.extend(numbers)

  return change


def blank(features):
  features[Features.PLANES].bytes_list.value[0] = png.encode(
    np.zeros((60, 80), np.uint8)
  )


def stray(features):
  plane = png.decode(features[Features.PLANES].bytes_list.value[0])[:, :, 0]
  plane = plane.copy()
  plane[0, 0] = 200
  features[Features.PLANES].bytes_list.value[0] = png.encode(plane)


def other_mask(features):
  features[Features.MASK].bytes_list.value[1] = png.encode(
    np.ones((60, 80), np.uint8)
  )


def white_mask(features):
  mask = png.decode(features[Features.MASK].bytes_list.value[1])[:, :, 0]
  features[Features.MASK].bytes_list.value[1] = png.encode(mask * 255)


def early_crowd(features):
  features[Features.CROWD].int64_list.value[0] = 1


def cut_image(features):
  data = features[Features.IMAGE].bytes_list.value[0]
  features[Features.IMAGE].bytes_list.value[0] = data[:-50]
  del features[Features.SHA256]


CASES = [
  (Features.IMAGE, cut_image, 'cannot decode'),
  (Features.IMAGE, drop(Features.IMAGE), 'no such feature'),
  (Features.HEIGHT, put(Features.HEIGHT, 'int64_list', 61), 'the image is'),
  (Features.PLANES, put(Features.WIDTH, 'int64_list', 81), 'image size'),
  (Features.FORMAT, put(Features.FORMAT, 'bytes_list', b'png'), "'png'"),
  (Features.SHA256, put(Features.SHA256, 'bytes_list', b'0'), 'not that of'),
  (
    Features.BOX_YMAX,
    put(Features.BOX_YMAX, 'float_list', 1.5, 1, 1),
    '0 to 1',
  ),
  (Features.BOX_XMIN, put(Features.BOX_XMIN, 'float_list', -1, 0, 0), '0 to 1'),
  (Features.BOX_YMIN, put(Features.BOX_XMIN, 'float_list', 1, 0, 0), 'empty'),
  (
    Features.BOX_YMIN,
    put(Features.BOX_YMIN, 'float_list', 0, np.nan, 0),
    'fin',
  ),
  (Features.BOX_YMIN, put(Features.BOX_YMIN, 'float_list', 0), '3 values'),
  (Features.CROWD, put(Features.CROWD, 'int64_list', 0, 0, 2), '0 or 1'),
  (Features.AREA, put(Features.AREA, 'float_list', -1, 0, 0), 'at least 0'),
  (Features.CLASS, put(Features.CLASS, 'int64_list', 0, 3, 3), 'at least 1'),
  (Features.CLASS, put(Features.CLASS, 'int64_list', 3, 4, 3), 'label map'),
  (Features.CLASS_NAME, put(Features.CLASS, 'int64_list', 3, 90, 3), "'cat'"),
  (
    Features.ANNOTATION_ID,
    put(Features.ANNOTATION_ID, 'int64_list', 1, 1, 2),
    '1',
  ),
  (Features.IDS, drop(Features.IDS), '3 values'),
  (Features.IDS, put(Features.IDS, 'int64_list', 1, 9, 513), 'no pixel'),
  (Features.IDS, blank, 'no pixel'),
  (Features.PLANES, stray, r'of nobody: \[200\]'),
  (Features.PLANES, put(Features.IDS, 'int64_list', 1, 0, 513), 'of nobody'),
  (Features.PLANES, early_crowd, 'crowd lies in a plane before'),
  (Features.PLANES, put(Features.CROWD, 'int64_list', 0, 1, 0), 'a crowd lies'),
  (Features.MASK, other_mask, 'object 1: differs'),
  (Features.MASK, white_mask, 'no mask of 0 and 1'),
  (Features.MASK, drop(Features.MASK), '3 values'),
  (Features.SCHEMA, put(Features.SCHEMA, 'int64_list', 99), 'expected 1'),
  (Features.SCHEMA, drop(Features.SCHEMA), 'expected 1'),
  (
    Features.SOURCE_ID,
    put(Features.SOURCE_ID, 'bytes_list', b'2'),
    'also that',
  ),
  (Features.SOURCE_ID, put(Features.SOURCE_ID, 'bytes_list', b'x'), 'integer'),
  (Features.SCORE, put(Features.SCORE, 'float_list', 0, 1, 1.5), '0 to 1'),
  (Features.DIFFICULT, put(Features.DIFFICULT, 'int64_list', 1), '3 values'),
  (
    Features.NEG_CATEGORY_IDS,
    put(Features.NEG_CATEGORY_IDS, 'int64_list', 90, 90),
    r'twice: \[90\]',
  ),
  (
    Features.NEG_CATEGORY_IDS,
    put(Features.NEG_CATEGORY_IDS, 'int64_list', 90, 3),
    r'objects here: \[3\]',
  ),
  (
    Features.NOT_EXHAUSTIVE_CATEGORY_IDS,
    put(Features.NOT_EXHAUSTIVE_CATEGORY_IDS, 'int64_list', 3, 8),
    r'\[8\] are not in the label map',
  ),
]


@pytest.mark.parametrize(('field', 'change', 'message'), CASES)
def test_each_fault_is_named(good, tmp_path, field, change, message):
  found, manifest = good
  example = tf.train.Example.FromString(found[1])
  change(example.features.feature)
  bad = example.SerializeToString()
  path = write(tmp_path / 'a', [found[3], found[2], bad])
  named = faults([path], manifest)
  texts = [fault.detail for fault in named if fault.field == field]
  assert texts, named
  assert any(re.search(message, text) for text in texts), texts
  assert all(f.place.startswith(f'{path}: record 2 (source_id') for f in named)


def test_good_extras_have_no_fault(good, tmp_path):
  found, manifest = good
  record = records.parse(found[1])._replace(
    difficult=np.array([1, 0, 0], bool),
    scores=np.array([0, 0.5, 1], np.float32),
    neg_category_ids=[90],
    not_exhaustive_category_ids=[3],
  )
  serialized = [records.serialize(record), found[2], found[3]]
  assert faults([write(tmp_path / 'a', serialized)], manifest) == []


def test_records_of_planes_only_have_no_fault(good, tmp_path):
  found, manifest = good
  serialized = [
    records.serialize(records.parse(data), masks_png=())
    for data in found.values()
  ]
  assert faults([write(tmp_path / 'a', serialized)], manifest) == []


def test_a_manifest_of_other_records_is_a_fault(good, tmp_path):
  found, manifest = good
  path = write(tmp_path / 'a', found.values())
  for name in ('num_planes', 'max_instances', 'max_height', 'max_width'):
    wrong = {**manifest, name: manifest[name] - 1}
    assert {f.field for f in faults([path], wrong)} == {'manifest'}
  (fault,) = faults([path], {**manifest, 'num_examples': 4})
  assert '4 records, the files hold 3' in fault.detail
  wrong = faults([path], {**manifest, 'include_masks': False})
  assert {f.field for f in wrong} == {Features.MASK}


def test_ids_that_repeat_over_files_are_named(good, tmp_path):
  found, _ = good
  a = write(tmp_path / 'a', found.values())
  b = write(tmp_path / 'b', [found[2]])
  (fault,) = faults([a, b])
  assert fault.field == Features.SOURCE_ID
  assert fault.place.startswith(f'{b}: record 0')
  assert a in fault.detail


def test_a_truncated_file_does_not_stop_the_other_files(good, tmp_path):
  found, _ = good
  a = write(tmp_path / 'a', [found[1], found[2]])
  data = (tmp_path / 'a').read_bytes()
  (tmp_path / 'a').write_bytes(data[:-9])
  b = write(tmp_path / 'b', [b'no example', found[3]])
  cut, garbage = faults([a, b])
  assert (cut.place, cut.field) == (a, 'file')
  assert 'record 1' in cut.detail
  assert 'truncated' in cut.detail
  assert garbage.place == f'{b}: record 0'


def test_no_file_is_an_error(tmp_path):
  with pytest.raises(FileNotFoundError, match='no such file'):
    validation.expand([f'{tmp_path}/absent*'])


def test_files_are_sorted_and_each_once(tmp_path):
  for name in 'ba':
    write(tmp_path / name, [])
  patterns = [f'{tmp_path}/b', f'{tmp_path}/*', f'{tmp_path}/a']
  assert validation.expand(patterns) == [f'{tmp_path}/a', f'{tmp_path}/b']


def test_records_of_model_garden_have_no_fault(good, tmp_path):
  found, _ = good
  example = tf.train.Example.FromString(found[1])
  for key in (Features.PLANES, Features.IDS, Features.SCHEMA):
    example.features.feature.pop(key)
  path = write(tmp_path / 'a', [example.SerializeToString()])
  assert faults([path]) == []


def test_a_folder_is_refused_with_the_glob_of_its_files(tmp_path):
  with pytest.raises(
    ValueError, match=r"a folder; .*--input='.*/\*\.tfrecord'"
  ):
    validation.expand([str(tmp_path)])
