"""The generated VOCdevkit agrees with its scenes and is read without loss."""

import numpy as np
import pytest

from copypaste_tf import records
from copypaste_tf.records import id_planes
from tfrecord_tools import (
  dataset_conversion,
  segmentation,
  shape_scenes,
  voc_shapes,
)
from tfrecord_tools.verbs import create_shapes_dataset


@pytest.fixture(scope='module')
def devkit(tmp_path_factory):
  folder = tmp_path_factory.mktemp('devkit')
  create_shapes_dataset.create_voc(
    str(folder), num_train=25, num_val=2, image_size=96, seed=0
  )
  return folder


def convert(devkit, out, split, task):
  manifest = dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=str(devkit),
      annotations=str(devkit),
      output_prefix=str(out / task),
      num_shards=1,
      num_workers=1,
      include_masks=task == 'instances',
      loader_settings={
        'sets': [f'2012:{split}'],
        'task': task,
        'classes': voc_shapes.CLASSES,
      },
    ),
    loader='voc_folder',
  )
  paths = sorted(map(str, out.glob(f'{task}-*.tfrecord')))
  found = [record for _, _, record in records.read_records(paths)]
  return manifest, {record.source_id: record for record in found}


def scene(image_id):
  rng = np.random.default_rng([0, image_id])
  return shape_scenes.draw_scene(rng, 96, crowds=False)


@pytest.mark.parametrize('task', ['detection', 'instances', 'segmentation'])
def test_no_object_is_lost_on_the_way_to_records(devkit, tmp_path, task):
  manifest, found = convert(devkit, tmp_path, 'train', task)
  assert manifest['num_examples'] == 25
  assert not manifest['dropped']['images']
  dropped = manifest['dropped']['annotations']
  # Void borders may hide a small object from the masks.
  assert sum(dropped.values()) <= (2 if task == 'instances' else 0), dropped
  assert not manifest['notes'].keys() & {'clipped_boxes', 'sizes_from_files'}
  assert len(found) == 25


def test_boxes_are_those_of_the_drawn_objects(devkit, tmp_path):
  _, found = convert(devkit, tmp_path, 'train', 'detection')
  difficult = 0
  for number in range(1, 26):
    record = found[2012000000 + number]
    _, objects = scene(number)
    boxes = [item['bbox'] for item in objects]
    corners = [(y, x, y + h, x + w) for x, y, w, h in boxes]
    drawn = np.reshape(corners, (-1, 4))
    np.testing.assert_allclose(record.boxes, drawn, atol=1e-3)
    difficult += sum(record.difficult) if objects else 0
  assert 0 < difficult < 40


def test_masks_and_classes_agree_with_the_scene_but_for_void(devkit, tmp_path):
  _, masked = convert(devkit, tmp_path, 'train', 'instances')
  _, mapped = convert(devkit, tmp_path, 'train', 'segmentation')
  ids = [shape.category_id for shape in voc_shapes.shapes.SHAPES]
  for number in range(1, 26):
    image, objects = scene(number)
    drawn = np.zeros(image.shape[:2], np.uint8)
    for item in objects:
      crop = segmentation.read(item['segmentation'], image.shape[:2])
      drawn[crop.window][crop.mask] = ids.index(item['category_id']) + 1
    class_map = mapped[2012000000 + number].class_map
    labelled = class_map != 255
    np.testing.assert_array_equal(class_map[labelled], drawn[labelled])
    assert labelled.mean() > 0.5 and (not objects or labelled.mean() < 1)
    record = masked[2012000000 + number]
    union = np.zeros(drawn.shape, bool)
    for address, category in zip(record.ids, record.classes, strict=True):
      mask = id_planes.mask_of(record.planes, address)
      assert (class_map[mask] == category).all()
      union |= mask
    np.testing.assert_array_equal(union, (class_map > 0) & labelled)


def test_the_sets_are_listed_for_both_tasks_and_share_no_image(devkit):
  lists = {}
  for kind in ('Main', 'Segmentation'):
    for split in ('train', 'val'):
      path = devkit / f'VOC2012/ImageSets/{kind}/{split}.txt'
      lists[kind, split] = path.read_text().split()
  assert lists['Main', 'train'] == lists['Segmentation', 'train']
  assert len(lists['Main', 'val']) == 2
  assert not {*lists['Main', 'val']} & {*lists['Main', 'train']}
