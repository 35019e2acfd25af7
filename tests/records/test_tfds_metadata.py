import collections
import concurrent.futures
import glob
import io
import json
import os
import pickle

import numpy as np
import pytest
import random_records
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from copypaste_tf import records
from copypaste_tf.examples import Features
from copypaste_tf.records import tfds_metadata
from tfrecord_tools import dataset_conversion

BOXES = (
  Features.BOX_YMIN,
  Features.BOX_XMIN,
  Features.BOX_YMAX,
  Features.BOX_XMAX,
)


def write_set(folder, prefix, *shards, **facts):
  """Writes records and their manifest; returns the records by image id."""
  listed = []
  for index, shard in enumerate(shards):
    name = f'{prefix}-{index:05d}-of-{len(shards):05d}.tfrecord'
    with tf.io.TFRecordWriter(f'{folder}/{name}') as writer:
      for record in shard:
        writer.write(records.serialize(record))
    size = os.path.getsize(f'{folder}/{name}')
    listed.append({'file': name, 'size': size, 'num_examples': len(shard)})
  manifest = {'label_map': {'3': 'cat'}, 'shards': listed, **facts}
  path = folder / f'{prefix}-manifest.json'
  path.write_text(json.dumps(manifest))
  return {record.source_id: record for shard in shards for record in shard}


def record(source_id, **changes):
  masks = random_records.random_masks(np.random.default_rng(source_id), 2, 9, 8)
  return random_records.make_record(masks, source_id=source_id, **changes)


def read(folder, split):
  """Reads a split as TensorFlow Datasets does; returns it by image id."""
  builder = tfds.builder_from_directory(folder)
  found = [*tfds.as_numpy(builder.as_dataset(split))]
  assert len(found) == builder.info.splits[split].num_examples
  return {int(example[Features.SOURCE_ID]): example for example in found}


def assert_same(example, expected):
  n = len(expected.classes)
  with Image.open(io.BytesIO(expected.image_bytes)) as image:
    assert example[Features.IMAGE].shape == (*image.size[::-1], 3)
    if expected.image_format == 'png':
      pixels = np.asarray(image.convert('RGB'))
      np.testing.assert_array_equal(example[Features.IMAGE], pixels)
  sizes = np.array([expected.height, expected.width] * 2)
  sides = [example[key] for key in BOXES]
  boxes = (np.stack(sides, 1).astype(np.float64) * sizes).astype(np.float32)
  names = [name.decode() for name in example[Features.CLASS_NAME]]
  assert names == expected.class_names
  masks = example[Features.MASK]
  assert masks.shape == (n, expected.height, expected.width, 1) or not n
  for key, value in {
    Features.CLASS: expected.classes,
    Features.CROWD: expected.crowd,
    Features.AREA: expected.areas,
    Features.ANNOTATION_ID: expected.annotation_ids,
    Features.IDS: expected.ids,
  }.items():
    np.testing.assert_array_equal(example[key], value, err_msg=key)
  np.testing.assert_array_equal(boxes, expected.boxes)
  planes = example[Features.PLANES][..., 0]
  assert len(planes) == len(expected.planes)
  for plane, wanted in zip(planes, expected.planes, strict=True):
    np.testing.assert_array_equal(plane, wanted)
  for mask, wanted in zip(masks, records.instance_masks(expected), strict=True):
    np.testing.assert_array_equal(mask[..., 0], wanted)
  for key in (Features.SCORE, Features.DIFFICULT, Features.PSEUDO):
    assert not len(example[key])


def assert_reads_as_parsed(folder, split):
  paths = sorted(glob.glob(f'{folder}/{split}-*.tfrecord'))
  parsed = {r.source_id: r for _, _, r in records.read_records(paths)}
  found = read(folder, split)
  assert found.keys() == parsed.keys()
  for number, example in found.items():
    assert_same(example, parsed[number])
  return list(parsed.values())


def test_it_reads_the_same_shapes_as_this_package(shapes):
  train = assert_reads_as_parsed(shapes, 'train')
  val = assert_reads_as_parsed(shapes, 'val')
  assert any(record.crowd.any() for record in train + val)
  assert any(not len(record.classes) for record in train + val)
  info = tfds.builder_from_directory(shapes).info
  manifest = json.loads((shapes / 'train-manifest.json').read_text())
  assert info.metadata['label_map']['train'] == manifest['label_map']
  assert info.splits['train'].num_bytes == sum(
    shard['size'] for shard in manifest['shards']
  )
  assert info.full_name == 'copypaste_tf/1.0.0'


def test_it_reads_the_same_photographs_as_this_package(coco_sample, tmp_path):
  options = dataset_conversion.Options(
    image_dir=f'{coco_sample}/images',
    annotations=f'{coco_sample}/instances_val.json',
    output_prefix=f'{tmp_path}/val',
    num_shards=2,
    num_workers=1,
    fraction=0.1,
  )
  dataset_conversion.convert(options)
  assert len(assert_reads_as_parsed(tmp_path, 'val')) > 3


def test_facts_of_some_sets_only_are_empty_in_the_others(tmp_path):
  stated = {
    'scores': np.float32([0.25, 0.5]),
    'difficult': np.array([True, False]),
    'neg_category_ids': [7, 9],
    'not_exhaustive_category_ids': [],
    'pseudo': True,
    'class_map': np.arange(72, dtype=np.uint8).reshape(9, 8) + 184,
  }
  write_set(tmp_path, 'a', [record(1, **stated), record(2)])
  assert tfds_metadata.write(str(tmp_path)) is None
  found = read(tmp_path, 'a')
  keys = {
    Features.SCORE: [0.25, 0.5],
    Features.DIFFICULT: [1, 0],
    Features.NEG_CATEGORY_IDS: [7, 9],
    Features.NOT_EXHAUSTIVE_CATEGORY_IDS: [],
    Features.PSEUDO: [1],
  }
  for key, value in keys.items():
    assert found[1][key].tolist() == value and not len(found[2][key])
  (class_map,) = found[1][Features.CLASS_MAP]
  np.testing.assert_array_equal(class_map[..., 0], stated['class_map'])
  assert not len(found[2][Features.CLASS_MAP])


def test_empty_shards_boxes_alone_and_names_with_dots_are_read(tmp_path):
  alone = record(2, planes=np.zeros((0, 9, 8), np.uint8), has_masks=False)
  write_set(tmp_path, 'v1.5', [record(1)], [], [alone._replace(ids=[0, 0])])
  write_set(tmp_path, 'v1_5', [record(3)])
  tfds_metadata.write(str(tmp_path))
  found = read(tmp_path, 'v1_5')
  assert found.keys() == {1, 2}
  assert_same(found[1], record(1))
  assert not len(found[2][Features.MASK]) and len(found[2][Features.CLASS]) == 2
  assert read(tmp_path, 'v1_5_').keys() == {3}


def test_a_builder_is_sent_to_another_process(tmp_path):
  write_set(tmp_path, 'a', [record(1)])
  tfds_metadata.write(str(tmp_path))
  builder = tfds.builder_from_directory(tmp_path)
  assert pickle.loads(pickle.dumps(builder)).info.splits['a'].num_examples == 1


def files(folder):
  found = {name: folder / name for name in tfds_metadata.FILES}
  return {k: path.read_bytes() for k, path in found.items() if path.exists()}


def test_the_order_of_the_sets_does_not_matter(tmp_path):
  made = []
  for order in ('abc', 'cab'):
    folder = tmp_path / order
    folder.mkdir()
    for prefix in order:
      write_set(folder, prefix, [record(ord(prefix))])
      tfds_metadata.write(str(folder))
    made.append(files(folder))
  assert made[0] == made[1] and len(made[0]) == 3
  assert made[0] == tfds_metadata.contents(str(folder))


def test_sets_that_are_finished_at_the_same_time_are_all_described(tmp_path):
  def finish(prefix):
    write_set(folder, prefix, [])
    return tfds_metadata.write(str(folder))

  for attempt in range(10):
    folder = tmp_path / str(attempt)
    folder.mkdir()
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
      assert not any(threads.map(finish, 'abcdef'))
    info = json.loads((folder / tfds_metadata.INFO).read_bytes())
    assert [split['name'] for split in info['splits']] == [*'abcdef']


def test_another_set_that_ends_between_looking_and_writing_is_kept(
  tmp_path, monkeypatch
):
  calls = collections.Counter()

  def slow(path, data):
    calls[path] += 1
    if calls.total() == 1:  # The other converter does all of its work here.
      write_set(tmp_path, 'b', [])
      monkeypatch.setattr(tfds_metadata, '_replace', replace)
      tfds_metadata.write(str(tmp_path))
      monkeypatch.setattr(tfds_metadata, '_replace', slow)
    replace(path, data)

  replace = tfds_metadata._replace
  monkeypatch.setattr(tfds_metadata, '_replace', slow)
  write_set(tmp_path, 'a', [])
  tfds_metadata.write(str(tmp_path))
  assert files(tmp_path) == tfds_metadata.contents(str(tmp_path))
  assert b'"b"' in files(tmp_path)[tfds_metadata.INFO]


def test_a_set_that_is_gone_or_not_whole_is_not_described(tmp_path):
  for prefix in 'ab':
    write_set(tmp_path, prefix, [record(1)], [])
  tfds_metadata.write(str(tmp_path))
  (tmp_path / 'b-00001-of-00002.tfrecord').unlink()
  tfds_metadata.write(str(tmp_path))
  assert [*tfds.builder_from_directory(tmp_path).info.splits] == ['a']
  (tmp_path / 'a-manifest.json').write_text('{')
  tfds_metadata.write(str(tmp_path))
  assert not files(tmp_path)


@pytest.mark.parametrize('left', tfds_metadata.FILES[1:])
def test_files_that_are_missing_after_a_kill_are_written(tmp_path, left):
  write_set(tmp_path, 'a', [record(1)])
  tfds_metadata.write(str(tmp_path))
  expected = files(tmp_path)
  (tmp_path / left).unlink()
  tfds_metadata.write(str(tmp_path))
  assert files(tmp_path) == expected


@pytest.mark.parametrize('name', tfds_metadata.FILES)
@pytest.mark.parametrize('content', ['{"name": "voc"}', 'broken', '[]'])
def test_files_of_another_data_set_are_left_as_they_are(
  tmp_path, name, content
):
  write_set(tmp_path, 'a', [record(1)])
  (tmp_path / name).write_text(content)
  remark = tfds_metadata.write(str(tmp_path))
  assert remark.startswith(f'{tmp_path}/{name} describes another data set')
  assert files(tmp_path) == {name: content.encode()}


def test_files_that_are_up_to_date_are_not_touched(tmp_path):
  write_set(tmp_path, 'a', [record(1)])
  tfds_metadata.write(str(tmp_path))
  times = [os.stat(tmp_path / name).st_ino for name in tfds_metadata.FILES]
  tfds_metadata.write(str(tmp_path))
  assert times == [os.stat(tmp_path / n).st_ino for n in tfds_metadata.FILES]
