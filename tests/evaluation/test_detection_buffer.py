import pytest

from copypaste_tf.evaluation import detection_sets, detections
from copypaste_tf.evaluation.detection_buffer import DetectionBuffer


def some(count, masks):
  results = [
    {
      'image_id': i,
      'category_id': 2 * i,
      'bbox': [i, 1, 2, 3],
      'score': i / 8,
      'segmentation': {'size': [4, 5 + i], 'counts': 'x' * i},
    }
    for i in range(1, count + 1)
  ]
  if not masks:
    results = [
      {k: v for k, v in result.items() if k != 'segmentation'}
      for result in results
    ]
  return detections.from_results(results)


@pytest.mark.parametrize('masks', [False, True])
def test_a_buffer_holds_what_was_added(masks):
  parts = [some(count, masks) for count in (3, 1, 40)]
  buffer = DetectionBuffer()
  for part in parts:
    buffer.add(part)
  found, joined = buffer.detections(), detection_sets.concat(parts)
  assert len(buffer) == len(found) == 44
  assert found.to_results() == joined.to_results()
  for name in ('image_ids', 'category_ids', 'boxes', 'scores'):
    array, expected = getattr(found, name), getattr(joined, name)
    assert array.dtype == expected.dtype and array.shape == expected.shape


def test_an_empty_buffer_has_no_detections():
  found = DetectionBuffer().detections()
  assert len(found) == 0 and found.counts is None and found.to_results() == []
