"""Tests ground truth from records and from annotation files."""

import json

import numpy as np
import pytest
import serialized
import verbs
from pycocotools import mask as coco_mask

from copypaste_tf import records
from copypaste_tf.evaluation import coco, groundtruth


def write(path, *examples):
  serialized.write(
    str(path), [records.serialize(record) for record in examples]
  )
  return str(path)


def jittered_results(truth, seed=0):
  """Results near the ground truth, and some far from it."""
  rng = np.random.default_rng(seed)
  results = []
  for annotation in truth['annotations']:
    mask = coco_mask.decode(annotation['segmentation'])
    for _ in range(2):
      moved = np.roll(mask, rng.integers(-4, 5, 2), (0, 1))
      rle = coco_mask.encode(np.asfortranarray(moved))
      results.append(
        {
          'image_id': annotation['image_id'],
          'category_id': annotation['category_id'],
          'bbox': coco_mask.toBbox(rle).tolist(),
          'segmentation': rle | {'counts': rle['counts'].decode()},
          'score': float(rng.random()),
        }
      )
  return results


def test_from_records_keeps_every_label_of_the_record(tmp_path):
  record, masks, _ = serialized.make_record(3, count=5, crowds=2)
  path = write(tmp_path / 'a.tfrecord', record)
  truth = groundtruth.from_records([path])
  assert truth['images'] == [
    {'id': 1003, 'height': 30, 'width': 40, 'file_name': '3.png'}
  ]
  found = truth['annotations']
  assert [a['category_id'] for a in found] == record.classes.tolist()
  assert [a['iscrowd'] for a in found] == [1, 1, 0, 0, 0]
  assert [a['area'] for a in found] == record.areas.tolist()
  assert [a['id'] for a in found] == [1, 2, 3, 4, 5]
  for annotation, mask, box in zip(found, masks, record.boxes, strict=True):
    decoded = coco_mask.decode(annotation['segmentation'])
    np.testing.assert_array_equal(decoded, mask)
    x, y, width, height = annotation['bbox']
    np.testing.assert_allclose(
      [y, x, y + height, x + width], box, rtol=0, atol=1e-4
    )
  json.dumps(truth)


def test_categories_of_the_records_are_listed_unnamed_ones_by_id(tmp_path):
  first, _, _ = serialized.make_record(
    1, count=2, classes=np.array([7, 2]), class_names=['', 'two']
  )
  second, _, _ = serialized.make_record(
    2, count=2, classes=np.array([9, 2]), class_names=['nine', '']
  )
  path = write(tmp_path / 'a.tfrecord', first, second)
  assert groundtruth.from_records([path])['categories'] == [
    {'id': 2, 'name': 'two'},
    {'id': 7, 'name': '7'},
    {'id': 9, 'name': 'nine'},
  ]


def test_extras_of_records_and_manifests_are_passed_on(tmp_path):
  first, _, _ = serialized.make_record(
    1,
    count=2,
    classes=np.array([7, 2], np.int32),
    difficult=np.array([True, False]),
    scores=np.array([0.25, 1], np.float32),
    neg_category_ids=[9],
    not_exhaustive_category_ids=[],
  )
  plain, _, _ = serialized.make_record(
    2, count=1, classes=np.array([5], np.int32)
  )
  paths = [
    write(tmp_path / 'a-00000-of-00001.tfrecord', first),
    write(tmp_path / 'b-00000-of-00001.tfrecord', plain),
  ]
  details = {'2': {'frequency': 'r'}, '9': {'frequency': 'c'}}
  for name, categories in (('a', details), ('b', {'5': {'synset': 'x.n.01'}})):
    path = tmp_path / f'{name}-manifest.json'
    path.write_text(json.dumps({'categories': categories}))
  truth = groundtruth.from_records(paths)
  one, other, bare = truth['annotations']
  assert (one['difficult'], one['score']) == (True, 0.25)
  assert (other['difficult'], other['score']) == (False, 1)
  assert not {'difficult', 'score'} & bare.keys()
  assert truth['images'][0]['neg_category_ids'] == [9]
  assert truth['images'][0]['not_exhaustive_category_ids'] == []
  assert 'neg_category_ids' not in truth['images'][1]
  assert truth['categories'] == [
    {'id': 2, 'name': 'thing', 'frequency': 'r'},
    {'id': 5, 'name': 'thing', 'synset': 'x.n.01'},
    {'id': 7, 'name': 'thing'},
  ]
  json.dumps(truth)


def test_records_without_masks_give_box_ap_and_refuse_mask_ap(tmp_path):
  record, _, _ = serialized.make_record(1)
  record = record._replace(
    has_masks=False, planes=record.planes[:0], ids=record.ids * 0
  )
  truth = groundtruth.from_records([write(tmp_path / 'a.tfrecord', record)])
  results = [a | {'score': 1.0} for a in truth['annotations']]
  boxes = coco.evaluate(truth, results, iou_types=('bbox',))
  assert boxes['box_ar100'] == 1.0
  with pytest.raises(ValueError, match='no mask, so mask AP'):
    coco.evaluate(truth, results)


def test_images_without_objects_and_objects_without_pixels_are_kept(tmp_path):
  empty, _, _ = serialized.make_record(1, count=0)
  record, _, _ = serialized.make_record(2, count=2)
  record = record._replace(ids=record.ids * 0)
  path = write(tmp_path / 'a.tfrecord', empty, record)
  truth = groundtruth.from_records([path])
  assert [image['id'] for image in truth['images']] == [1001, 1002]
  areas = [coco_mask.area(a['segmentation']) for a in truth['annotations']]
  assert areas == [0, 0]


def test_an_image_in_two_records_is_named(tmp_path):
  record, _, _ = serialized.make_record(1)
  other, _, _ = serialized.make_record(2)
  paths = [
    write(tmp_path / 'a.tfrecord', record),
    write(tmp_path / 'b.tfrecord', other, record),
  ]
  with pytest.raises(
    ValueError,
    match=r'1001 .*a\.tfrecord, record 0 and .*b\.tfrecord, record 1',
  ):
    groundtruth.from_records(paths)


def test_the_same_file_twice_is_an_error(tmp_path):
  record, _, _ = serialized.make_record(1)
  path = write(tmp_path / 'a.tfrecord', record)
  with pytest.raises(ValueError, match='image id 1001 is in two records'):
    groundtruth.from_records([path, path])


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('{', 'is not JSON'),
    ('[]', "no .*'annotations', 'categories', 'images'"),
    ('{"images": [], "annotations": []}', r"no \['categories'\]"),
    (
      '{"images": [1], "annotations": [], "categories": []}',
      "'images' must be",
    ),
    ('{"images": {}, "annotations": [], "categories": []}', "'images' must be"),
    ('{"images": [], "annotations": [], "categories": [{}]}', 'with an id'),
  ],
)
def test_another_json_file_is_refused(tmp_path, text, message):
  (tmp_path / 'x.json').write_text(text)
  with pytest.raises(ValueError, match=message):
    groundtruth.from_annotations(tmp_path / 'x.json')


def assert_same_metrics(paths, annotation_file):
  """Records alone and the annotation file must give the same numbers."""
  truth = groundtruth.from_records(paths)
  from_file = groundtruth.from_annotations(annotation_file)
  results = jittered_results(truth)
  metrics = coco.evaluate(truth, results, per_category=True)
  expected = coco.evaluate(from_file, results, per_category=True)
  assert 0.05 < metrics['mask_ap'] < 0.95
  for name, value in metrics.items():
    assert value == pytest.approx(expected[name], abs=1e-9), name
  # Categories of the file that do not occur have no ground truth.
  for name in expected.keys() - metrics.keys():
    assert expected[name] == -1


def test_records_and_annotation_file_give_equal_metrics_of_shapes(shapes):
  paths = sorted(map(str, shapes.glob('train-*.tfrecord')))
  assert_same_metrics(paths, shapes / 'instances_train.json')


def test_records_and_annotation_file_give_equal_metrics_of_real_images(
  coco_sample, tmp_path
):
  annotations = coco_sample / 'instances_val.json'
  done = verbs.run_here(
    'tfrecord_tools.create_coco_tfrecord',
    *(f'--image_dir={coco_sample}/images', '--num_shards=2'),
    *(f'--annotations={annotations}', f'--output_prefix={tmp_path}/val'),
  )
  assert done.returncode == 0, done.stderr
  paths = sorted(map(str, tmp_path.glob('val-*.tfrecord')))
  assert_same_metrics(paths, annotations)
