"""Files in LVIS's form: recognised, and converted as a whole."""

import glob
import json

import numpy as np
import pytest

from copypaste_tf import records
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.records import category_counts
from tfrecord_tools import category_numbers, dataset_conversion, lvis_form
from tfrecord_tools.verbs import create_shapes_dataset


def categories(*frequencies):
  elements = [
    {'id': number, 'name': f'n{number}', 'frequency': frequency}
    for number, frequency in enumerate(frequencies, 1)
  ]
  return category_numbers.read('x.json', elements, first=None, used=set)


def remarks(images, *frequencies):
  return list(lvis_form.remarks(images, categories(*frequencies)))


def test_a_file_with_federated_lists_is_of_lvis():
  assert remarks([{'id': 1}, 7], 'r') == []
  (remark,) = remarks([{'id': 1, 'neg_category_ids': []}], 'r', 'f', 'f')
  assert 'form of LVIS, with 3 categories: 1 rare, 0 common, 2' in remark


@pytest.mark.parametrize(('count', 'release'), [(1203, 'v1'), (1230, 'v0.5')])
def test_the_number_of_categories_tells_the_release(count, release):
  (remark,) = remarks([{'not_exhaustive_category_ids': []}], *['r'] * count)
  assert f'{count} categories, as many as {release}: {count} rare' in remark


def test_categories_without_a_frequency_are_told():
  _, remark = remarks([{'neg_category_ids': []}], 'r', None, 'x')
  assert '2 of 3 categories have no frequency' in remark


def convert(output_prefix, **options):
  fields = {'num_shards': 2, 'num_workers': 1, 'mask_pngs': False}
  prefix = str(output_prefix)
  return dataset_conversion.convert(
    dataset_conversion.Options(output_prefix=prefix, **fields | options)
  )


@pytest.mark.parametrize(
  ('annotations', 'release'),
  [
    ('lvis_v1_sample/lvis_v1_form_val_100.json', 'v1'),
    ('lvis_val_sample/lvis_val_100.json', 'v0.5'),
  ],
)
def test_both_releases_find_the_images_of_coco_2017(
  real_data, tmp_path, capsys, annotations, release
):
  """38 of the 100 images are not in the sample."""
  (tmp_path / 'val2017').symlink_to(real_data / 'lvis_val_sample/images')
  path = real_data / annotations
  manifest = convert(
    tmp_path / 'val', annotations=str(path), image_dir=str(tmp_path)
  )
  assert f'as many as {release}' in capsys.readouterr().out
  assert manifest['counts']['images']['written'] == 62
  assert manifest['counts']['annotations']['written'] == 660
  assert manifest['dropped']['images'] == {'missing_image': 38}
  stated = json.loads(path.read_text())
  by_id = {c['id']: c for c in stated['categories']}
  assert len(manifest['categories']) == len(by_id)
  for number, details in manifest['categories'].items():
    for field in ('frequency', 'synset', 'image_count', 'instance_count'):
      assert details[field] == by_id[int(number)][field]
  truth = groundtruth.from_records(sorted(glob.glob(f'{tmp_path}/val-0*')))
  images = {image['id']: image for image in stated['images']}
  for image in truth['images']:
    for field in ('neg_category_ids', 'not_exhaustive_category_ids'):
      assert image[field] == images[image['id']][field]
  counts = category_counts.read(f'{tmp_path}/val-0*', len(by_id) + 1)
  kept = {image['id'] for image in truth['images']}
  pairs = [
    (a['category_id'], a['image_id'])
    for a in stated['annotations']
    if a['image_id'] in kept
  ]
  instances = np.bincount([c for c, _ in pairs], minlength=len(by_id) + 1)
  assert counts.instances.tolist() == instances.tolist()
  images = np.bincount([c for c, _ in {*pairs}], minlength=len(by_id) + 1)
  assert counts.images.tolist() == images.tolist()


@pytest.fixture(scope='module')
def shapes(tmp_path_factory):
  folder = tmp_path_factory.mktemp('lvis')
  create_shapes_dataset.create(
    str(folder), num_train=12, num_val=8, image_size=48, seed=0, lvis=True
  )
  return folder


def test_images_spread_over_two_folders_are_found_below_one(shapes, tmp_path):
  manifest = convert(
    tmp_path / 'val',
    annotations=f'{shapes}/instances_val.json',
    image_dir=f'{shapes}/images',
  )
  assert manifest['counts']['images']['written'] == 8
  names = [
    record.filename
    for _, _, record in records.read_records(glob.glob(f'{tmp_path}/val-0*'))
  ]
  assert {name.split('/')[0] for name in names} == {'train2017', 'val2017'}


def test_the_folders_that_are_wanted_are_named(shapes, tmp_path, capsys):
  (tmp_path / 'images').mkdir()
  convert(
    tmp_path / 'val',
    annotations=f'{shapes}/instances_val.json',
    image_dir=f'{tmp_path}/images',
  )
  told = capsys.readouterr().out
  assert '8 of 8 images are missing' in told
  assert 'wants images of val2017 (4), train2017 (4)' in told


def test_a_test_set_is_converted_without_annotations(shapes, tmp_path):
  data = json.loads((shapes / 'instances_val.json').read_text())
  del data['annotations']
  path = tmp_path / 'test.json'
  path.write_text(json.dumps(data))
  manifest = convert(
    tmp_path / 'test', annotations=str(path), image_dir=f'{shapes}/images'
  )
  assert not manifest['labelled']
  assert manifest['counts']['images']['written'] == 8
  assert len(manifest['label_map']) == 16
