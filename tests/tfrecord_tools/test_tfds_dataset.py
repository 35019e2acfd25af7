"""Prepared data sets become the records that their sources become."""

import glob

import numpy as np
import prepared_tfds
import pytest
import voc_folder
from coco_folder import CocoFolder, label
from conversions import convert, read
from PIL import Image

from copypaste_tf import records
from copypaste_tf.records import voc_xml
from tfrecord_tools import dataset_conversion, tfds_dataset

GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
SIZE = (40, 60)
STATED = '<pose>Left</pose><truncated>0</truncated>'
VOC = {
  '000005': voc_folder.annotation(
    voc_folder.entry('cat', (1, 1, 60, 40), 0, STATED),
    voc_folder.entry('tvmonitor', (7, 9, 33, 28), 1, STATED),
    voc_folder.entry('dog', ('7.5', 9, 33, '28.3'), 0, STATED),
    size=SIZE,
  ),
  '000007': voc_folder.annotation(size=SIZE),
  '000019': voc_folder.annotation(
    voc_folder.entry('person', (2, 3, 2, 3), 0, STATED), size=SIZE
  ),
}


def write_devkit(folder, train, val):
  root = voc_folder.write(
    folder / 'VOCdevkit',
    {f'2007/{name}': text for name, text in VOC.items()},
    {'2007/train': train, '2007/val': val},
  )
  images = root / 'VOC2007/JPEGImages'
  images.mkdir()
  rng = np.random.default_rng(0)
  for name in VOC:
    pixels = rng.integers(0, 255, (*SIZE, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(images / f'{name}.jpg')
  return root


@pytest.fixture(scope='module')
def devkit(tmp_path_factory):
  folder = tmp_path_factory.mktemp('source')
  return write_devkit(folder, ['000005', '000007'], ['000019'])


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, devkit):
  """A folder with `voc/2007`."""
  folder = tmp_path_factory.mktemp('tfds')
  prepared_tfds.voc(folder, devkit.parent)
  return folder


def converted(tfds_dir, out, *sets, include_masks=False, **changes):
  """Converts sets; returns the manifest and the records by image id."""
  options = dataset_conversion.Options(
    image_dir=str(tfds_dir),
    annotations=str(tfds_dir),
    output_prefix=f'{out}/x',
    num_shards=1,
    include_masks=include_masks,
    loader_settings={'sets': list(sets), 'include_masks': include_masks},
    **{'num_workers': 1, **changes},
  )
  manifest = dataset_conversion.convert(options, loader='tfds')
  paths = glob.glob(f'{out}/x-*.tfrecord')
  return manifest, {r.source_id: r for _, _, r in records.read_records(paths)}


def test_the_boxes_of_voc_are_those_of_its_files(prepared, devkit, tmp_path):
  manifest, found = converted(prepared, tmp_path, 'voc/2007')
  assert sorted(found) == [5, 7, 19] and manifest['num_examples'] == 3
  for name, text in VOC.items():
    stated = voc_xml.parse(text.encode(), name).objects
    record = found[int(name)]
    path = devkit / f'VOC2007/JPEGImages/{name}.jpg'
    assert record.image_bytes == path.read_bytes()
    assert record.filename == f'{name}.jpg' and not record.has_masks
    assert record.class_names == [item.name for item in stated]
    assert record.classes.tolist() == [
      voc_xml.CLASSES.index(item.name) + 1 for item in stated
    ]
    if stated:
      assert record.difficult.tolist() == [item.difficult for item in stated]
    boxes = [[item.box[i] for i in (1, 0, 3, 2)] for item in stated]
    np.testing.assert_allclose(record.boxes, np.reshape(boxes, (-1, 4)), 1e-6)
  assert found[5].boxes[0].tolist() == [0, 0, *SIZE]


def test_splits_are_chosen_and_joined(prepared, tmp_path):
  for number, (sets, ids) in enumerate(
    {
      ('voc/2007:train',): [5, 7],
      ('voc/2007:validation',): [19],
      ('voc/2007:train+validation',): [5, 7, 19],
      ('voc/2007:validation', 'voc/2007:train'): [5, 7, 19],
    }.items()
  ):
    _, found = converted(prepared, tmp_path / str(number), *sets)
    assert sorted(found) == ids


def test_a_rerun_writes_nothing_and_workers_write_the_same(
  prepared, tmp_path, capsys
):
  converted(prepared, tmp_path / 'a', 'voc/2007')
  converted(prepared, tmp_path / 'b', 'voc/2007', num_workers=2)
  (first,), (other,) = (glob.glob(f'{tmp_path}/{x}/*.tfrecord') for x in 'ab')
  with open(first, 'rb') as one, open(other, 'rb') as two:
    assert one.read() == two.read()
  capsys.readouterr()
  converted(prepared, tmp_path / 'a', 'voc/2007')
  assert '1 of 1 shards are complete already.' in capsys.readouterr().out


def coco_folder(path):
  folder = CocoFolder(path)
  numbers = [k for k in range(1, 91) if k not in GAPS]
  folder.categories = [{'id': k, 'name': f'class {k}'} for k in numbers]
  folder.add(
    139,
    label(1, 139, bbox=[10.13, 8.02, 29.87, 21.9], category_id=90),
    label(2, 139, category_id=13, iscrowd=1),
    name='000000000139.jpg',
  )
  folder.add(285, name='000000000285.jpg')
  return folder


def test_coco_has_its_own_category_ids_and_crowds(tmp_path):
  folder = coco_folder(tmp_path / 'data')
  convert(folder, include_masks=False, num_shards=1)
  expected = read(folder)
  prepared_tfds.coco(tmp_path / 'tfds', folder)
  _, found = converted(tmp_path / 'tfds', tmp_path / 'out', 'coco/2017:train')
  assert found.keys() == expected.keys()
  for number, record in found.items():
    for name, value in record._asdict().items():
      np.testing.assert_array_equal(value, getattr(expected[number], name))
  assert found[139].classes.tolist() == [90, 13]
  assert found[139].crowd.tolist() == [False, True]


def test_masks_are_refused_where_there_are_none(prepared, tmp_path):
  with pytest.raises(ValueError, match='no masks of voc.*include_masks=false'):
    converted(prepared, tmp_path, 'voc/2007', include_masks=True)
  assert not glob.glob(f'{tmp_path}/*')


def test_lvis_has_masks_and_verified_categories(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  lists = {'neg_category_ids': [1, 1203], 'not_exhaustive_category_ids': [7]}
  triangle = [[10, 8, 40, 8, 40, 30]]
  folder.add(
    139,
    label(1, 139, category_id=1203),
    label(2, 139, category_id=1, segmentation=triangle),
    **lists,
  )
  folder.add(285, neg_category_ids=[], not_exhaustive_category_ids=[])
  prepared_tfds.lvis(tmp_path / 'tfds', folder)
  _, found = converted(
    tmp_path / 'tfds', tmp_path / 'out', 'lvis', include_masks=True
  )
  assert {k: getattr(found[139], k) for k in lists} == lists
  assert found[285].neg_category_ids == [] and not len(found[285].classes)
  assert found[139].classes.tolist() == [1203, 1]
  for mask, item in zip(
    records.instance_masks(found[139]), folder.annotations, strict=True
  ):
    drawn = prepared_tfds.lvis_dataset_builder._build_segmentation_mask(
      {'height': 60, 'width': 80}, item['segmentation']
    )
    np.testing.assert_array_equal(mask, drawn[..., 0] > 0)
  np.testing.assert_allclose(found[139].boxes, [[8, 10, 30, 40]] * 2, 1e-6)


def test_the_same_images_twice_are_refused(prepared):
  sets = ['voc/2007:train', 'voc/2007:train']
  with pytest.raises(ValueError, match='both the image [57]; name splits'):
    tfds_dataset.load(str(prepared), stop=False, sets=sets)


def test_a_split_without_labels_is_refused_beside_labelled_ones(tmp_path):
  devkit = write_devkit(tmp_path, ['000005'], ['000007'])
  tfds_dir = tmp_path / 'tfds'
  prepared_tfds.voc(tfds_dir, devkit.parent)
  with pytest.raises(ValueError, match='no image of voc/2007:validation has'):
    tfds_dataset.load(str(tfds_dir), stop=False, sets=['voc/2007'])
  alone = ['voc/2007:validation']
  found = tfds_dataset.load(str(tfds_dir), stop=False, sets=alone)
  assert [*found.images] == [7] and not found.labelled


def test_a_split_that_lost_examples_is_refused(prepared, tmp_path):
  (path,) = prepared.glob('voc/2007/*/voc-train*')
  whole = path.read_bytes()
  try:
    length = int.from_bytes(whole[:8], 'little') + 16
    path.write_bytes(whole[:length])
    with pytest.raises(ValueError, match='expected 2 examples.*got 1'):
      tfds_dataset.load(str(prepared), stop=False, sets=['voc/2007:train'])
    path.write_bytes(whole[:-5])
    with pytest.raises(ValueError, match='truncated or corrupt'):
      tfds_dataset.load(str(prepared), stop=False, sets=['voc/2007:train'])
  finally:
    path.write_bytes(whole)
