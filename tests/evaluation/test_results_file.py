"""Results of other tools are read as they are meant, or refused by name."""

import gzip
import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import results_file

TRUTH = {'images': [{'id': 7, 'height': 20, 'width': 30}]}
SQUARE = [[2, 2, 12, 2, 12, 12, 2, 12]]
GOOD = {'image_id': 7, 'category_id': 1, 'bbox': [2, 2, 10, 10], 'score': 0.5}


RLE = {'size': [20, 30], 'counts': 'Z1:Ta0'}


def every(found):
  return np.ones(len(found), bool)


def read_file(path, masked=every):
  return results_file.read(path, TRUTH, masked).to_results()


def read(tmp_path, content, masked=every):
  path = tmp_path / 'results.json'
  path.write_text(json.dumps(content))
  return read_file(path, masked)


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


def test_the_place_of_a_detection_does_not_depend_on_the_chunks(
  tmp_path, monkeypatch
):
  monkeypatch.setattr(results_file, '_CHUNK', 3)
  content = [GOOD | {'score': i / 8, 'segmentation': RLE} for i in range(8)]
  assert read(tmp_path, content) == content
  with pytest.raises(ValueError, match='result 7, of image 7: score'):
    read(tmp_path, [*content[:7], GOOD | {'score': 'x'}])


def test_masks_that_are_not_needed_are_left_empty(tmp_path, monkeypatch):
  """The rows stay, because notes count them."""
  monkeypatch.setattr(results_file, '_CHUNK', 3)
  content = [GOOD | {'score': i / 8, 'segmentation': RLE} for i in range(8)]
  found = read(tmp_path, content, lambda part: part.scores * 8 % 3 == 0)
  empty = RLE | {'counts': ''}
  assert found == [
    r | {'segmentation': empty if i % 3 else RLE} for i, r in enumerate(content)
  ]
  boxes = [GOOD | {'score': i / 8} for i in range(8)]
  assert read(tmp_path, content, None) == boxes


def test_boxes_are_those_of_the_masks_where_there_is_none(tmp_path):
  (result,) = read(
    tmp_path,
    [{k: v for k, v in GOOD.items() if k != 'bbox'} | {'segmentation': SQUARE}],
  )
  assert result['bbox'] == [2, 2, 10, 10]


@pytest.mark.parametrize('kind', ['bbox', 'segmentation'])
def test_a_detection_unlike_the_first_is_refused(tmp_path, kind):
  whole = GOOD | {'segmentation': RLE}
  part = {key: value for key, value in whole.items() if key != kind}
  for content in ([whole, whole, part], [part, part, whole]):
    said = f'result 2 and result 0: expected {kind} in both or in none'
    with pytest.raises(ValueError, match=said):
      read(tmp_path, content)
  assert len(read(tmp_path, [GOOD | {'segmentation': RLE}, GOOD], None)) == 2


def test_an_image_that_the_labels_lack_is_left_to_the_protocol(tmp_path):
  strange = GOOD | {'image_id': 9, 'segmentation': RLE}
  (result,) = read(tmp_path, [strange])
  assert result['image_id'] == 9


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
    ({'segmentation': RLE | {'counts': '\ud800'}}, 'no RLE'),
    ({'image_id': 2**63}, 'expected a number of 64 bits'),
    ({'image_id': '1' * 30}, 'expected a number of 64 bits'),
  ],
)
def test_a_wrong_value_is_named_with_its_result(tmp_path, wrong, said):
  with pytest.raises(ValueError, match=f'result 1.*{said}'):
    read(tmp_path, [GOOD, GOOD | wrong])


@pytest.mark.parametrize(
  ('content', 'got'),
  [
    (None, 'NoneType'),
    (5, 'int'),
    ({}, 'dict'),
    ({'b': 1, 'a': [1]}, r"a mapping with \['a', 'b'\]"),
    ({'a': [], 'images': [{'id': 1}]}, 'a mapping'),
    ([[GOOD]], 'element 0'),
    ([{'a': 1}], "element 0, {'a': 1}"),
    ([GOOD, {'a': 1}], "element 1, {'a': 1}"),
    ({'x': 1, 'a': [GOOD, 3]}, 'element 1, 3'),
    ({'a': [GOOD], 'b': [GOOD]}, r"several such lists: \['a', 'b'\]"),
  ],
)
def test_a_file_without_results_is_refused(tmp_path, content, got):
  with pytest.raises(ValueError, match=f'expected COCO results.* got {got}'):
    read(tmp_path, content)


def test_a_check_reads_as_far_as_the_first_detection(tmp_path):
  path = tmp_path / 'x.json'
  path.write_text(json.dumps([GOOD])[:-1])
  results_file.check(path)
  path.write_text('[1, 2]')
  with pytest.raises(ValueError, match='expected COCO results'):
    results_file.check(path)
