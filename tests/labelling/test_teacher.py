"""The teacher detects in order, in bounded memory, and names faults."""

from concurrent import futures

import numpy as np
import pytest
import random_records
import tensorflow as tf
import tiny_teacher

from copypaste_tf import records
from copypaste_tf.labelling.teacher import Fault, ahead


def serialized(*made):
  return [records.serialize(record) for record in made]


def test_detections_come_in_order_for_any_size_of_batches():
  sizes = [(20, 30), (9, 5), (64, 64), (1, 1), (30, 20)]
  made = [tiny_teacher.image_record(i, size) for i, size in enumerate(sizes)]
  expected = None
  for batch_size in (1, 2):
    found = list(tiny_teacher.teacher(batch_size).detect(serialized(*made)))
    assert [record.source_id for record, _ in found] == [0, 1, 2, 3, 4]
    for (height, width), (_, one) in zip(sizes, found, strict=True):
      np.testing.assert_allclose(
        one.boxes[1], [0.3 * height, 0.3 * width, 0.9 * height, 0.9 * width]
      )
    scores = np.array([one.scores for _, one in found])
    expected = scores if expected is None else expected
    np.testing.assert_allclose(scores, expected, rtol=1e-6)
  assert np.ptp(expected) > 0.1


def test_a_record_that_cannot_be_read_is_a_fault_at_its_place():
  good = tiny_teacher.image_record(5)
  broken = good._replace(image_bytes=good.image_bytes[:60], source_id=6)
  other = good._replace(height=21, source_id=7)
  planes = np.zeros([0, 21, 30], np.uint8)
  other = other._replace(planes=planes, ids=np.zeros(1, np.int32))
  data = [b'nothing', *serialized(good, broken, other, good)]
  found = list(tiny_teacher.teacher().detect(data))
  assert [isinstance(one, Fault) for one in found] == [1, 0, 1, 1, 0]
  first, second, third = (one for one in found if isinstance(one, Fault))
  assert first.reason == 'unreadable_record' and first.place == 'record 0'
  assert second.reason == 'undecodable_image'
  assert second.place == 'record 2, image 6'
  assert third.reason == 'image_size_mismatch'
  assert third.detail == 'says (21, 30), the image is (20, 30)'


def test_only_faults_need_no_model():
  found = list(tiny_teacher.teacher().detect([b'a', b'b']))
  assert [one.place for one in found] == ['record 0', 'record 1']


def test_a_weight_that_is_not_finite_is_refused():
  with pytest.raises(ValueError, match='weight .* is not finite'):
    tiny_teacher.teacher(gain=np.nan)


def test_a_score_that_is_not_finite_is_an_error():
  teacher = tiny_teacher.teacher()
  gain = teacher._detector.gain
  data = serialized(tiny_teacher.image_record(1))
  try:
    gain.assign(np.nan)
    with pytest.raises(ValueError, match='image 1 .* score is not finite'):
      list(teacher.detect(data))
  finally:
    gain.assign(1.0)


def test_a_mask_that_is_not_finite_is_an_error():
  class Diverged(tiny_teacher.Detector):
    def detect(self, scenes):
      found = super().detect(scenes)
      return found | {'masks': float('nan') * found['masks']}

  teacher = tiny_teacher.Teacher(Diverged(), 2)
  with pytest.raises(ValueError, match='image 1 .* mask is not finite'):
    list(teacher.detect(serialized(tiny_teacher.image_record(1))))


def test_a_model_without_masks_is_an_error():
  class Boxes(tiny_teacher.Detector):
    def detect(self, scenes):
      found = super().detect(scenes)
      del found['masks']
      return found

  teacher = tiny_teacher.Teacher(Boxes(), 2)
  with pytest.raises(ValueError, match='makes no masks'):
    list(teacher.detect(serialized(tiny_teacher.image_record(1))))


def test_records_are_read_at_most_two_batches_ahead():
  teacher = tiny_teacher.teacher(batch_size=2)
  read = []

  def source():
    for i in range(30):
      read.append(i)
      yield records.serialize(tiny_teacher.image_record(i % 4))

  for done, _ in enumerate(teacher.detect(source())):
    assert len(read) <= done + teacher.depth + teacher.batch_size
  assert len(read) == 30 > teacher.depth + teacher.batch_size


def test_work_ahead_keeps_order_and_raises_at_its_place():
  def invert(x):
    return 1 / x

  with futures.ThreadPoolExecutor(3) as pool:
    assert list(ahead(pool, invert, [1, 2, 4], 2)) == [1, 0.5, 0.25]
    results = ahead(pool, invert, [2, 0, 1], 1)
    assert next(results) == 0.5
    with pytest.raises(ZeroDivisionError):
      next(results)


def test_an_image_of_jpeg_is_decoded_as_for_an_evaluation():
  record = random_records.make_record(np.zeros([0, 20, 30], bool))
  teacher = tiny_teacher.teacher(1)
  ((_, found),) = teacher.detect(serialized(record))
  image = tf.io.decode_jpeg(record.image_bytes)
  detector = tiny_teacher.Detector()
  scene = detector.fit(image, tf.constant(0, tf.int64))
  batch = tf.nest.map_structure(lambda x: x[tf.newaxis], scene)
  expected = detector.detect(batch)
  np.testing.assert_allclose(found.scores, expected['scores'][0], rtol=1e-6)
