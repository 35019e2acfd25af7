"""Results of other tools are read as they are meant, or refused by name."""

import gzip
import json

import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import groundtruth, results_file

TRUTH = {'images': [{'id': 7, 'height': 20, 'width': 30}]}
SQUARE = [[2, 2, 12, 2, 12, 12, 2, 12]]
GOOD = {'image_id': 7, 'category_id': 1, 'bbox': [2, 2, 10, 10], 'score': 0.5}


def read_file(path):
  content = groundtruth.read_json(path)
  return results_file.normalized(content, str(path), TRUTH)


def read(tmp_path, content):
  path = tmp_path / 'results.json'
  path.write_text(json.dumps(content))
  return read_file(path)


@pytest.mark.parametrize(
  'written',
  [
    {},
    {'image_id': '7'},
    {'image_id': 7.0, 'category_id': '1'},
    {'score': '0.5', 'bbox': ['2', '2', 10.0, '1e1']},
  ],
)
def test_numbers_are_read_however_they_are_written(tmp_path, written):
  assert read(tmp_path, [GOOD | written]) == [GOOD]


@pytest.mark.parametrize('key', ['annotations', 'detections', 'anything'])
def test_results_may_be_in_a_mapping(tmp_path, key):
  assert read(tmp_path, {key: [GOOD], 'images': [{'id': 7}]}) == [GOOD]


def test_a_file_may_be_compressed(tmp_path):
  path = tmp_path / 'results.json.gz'
  path.write_bytes(gzip.compress(json.dumps([GOOD]).encode()))
  assert read_file(path) == [GOOD]
  path.write_bytes(path.read_bytes()[:-12])
  with pytest.raises(ValueError, match='gzip'):
    read_file(path)


def test_polygons_and_counts_become_rle(tmp_path):
  counts = {'size': [20, 30], 'counts': [42, 10, 548]}
  for shape, area in ((SQUARE, 100), (counts, 10)):
    (result,) = read(tmp_path, [GOOD | {'segmentation': shape}])
    assert coco_mask.area(result['segmentation']) == area


@pytest.mark.parametrize(
  ('wrong', 'said'),
  [
    ({'score': None}, 'score: expected a finite number, got None'),
    ({'score': 'high'}, "got 'high'"),
    ({'score': float('nan')}, 'got nan'),
    ({'score': 10**399}, 'score: expected a finite number'),
    ({'image_id': [7]}, r'image_id: expected a finite number, got \[7\]'),
    ({'image_id': 7.5}, 'whole number, got 7.5'),
    ({'category_id': 'disc'}, "category_id: .* got 'disc'"),
    ({'bbox': [1, 2, 3]}, r'bbox: expected \[x, y, width, height\]'),
    ({'bbox': [1, 2, 3, float('inf')]}, 'bbox: .* got inf'),
    ({'bbox': [9, 9, -3, 4]}, 'negative'),
    ({'bbox': None}, 'got None'),
    ({'segmentation': []}, 'segmentation is empty'),
    ({'segmentation': 'x'}, 'neither polygons nor RLE'),
    ({'segmentation': [[1, 1, 9, None]]}, 'at least 4 numbers'),
    ({'segmentation': [[1, 1, 9, float('nan'), 5, 5]]}, 'coordinate'),
    ({'segmentation': [[1, 1, 9, 1, 1e300, 9]]}, 'coordinate'),
    ({'segmentation': [[1, 2]]}, 'at least 4 numbers'),
    ({'segmentation': {'counts': [9]}}, "neither .*'size'"),
    ({'segmentation': {'size': [3, 3], 'counts': '9'}}, r'size \[3, 3\]'),
  ],
)
def test_a_wrong_value_is_named_with_its_result(tmp_path, wrong, said):
  with pytest.raises(ValueError, match=f'result 1.*{said}'):
    read(tmp_path, [GOOD, GOOD | wrong])


@pytest.mark.parametrize('content', [None, 5, {'a': 1}, [[GOOD]], [{'a': 1}]])
def test_a_file_without_results_is_refused(tmp_path, content):
  with pytest.raises(ValueError, match='expected COCO results'):
    read(tmp_path, content)
