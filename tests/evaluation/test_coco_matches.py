"""Matches follow COCO's rules; AP of them is tested in test_resampled_ap."""

import numpy as np

from copypaste_tf.evaluation import coco_matches

SQUARE = [0.0, 0.0, 10.0, 10.0]


def matched(objects, results):
  """Matches boxes of one category in two images.

  Args:
    objects: `(image, box, crowd)` of each object.
    results: `(image, box, score)` of each detection.
  """
  truth = {
    'images': [{'id': i, 'height': 100, 'width': 100} for i in (7, 3)],
    'categories': [{'id': 5, 'name': 'disc'}],
    'annotations': [
      {
        'image_id': image,
        'category_id': 5,
        'bbox': box,
        'area': box[2] * box[3],
        'iscrowd': crowd,
      }
      for image, box, crowd in objects
    ],
  }
  detections = [
    {'image_id': image, 'category_id': 5, 'bbox': box, 'score': score}
    for image, box, score in results
  ]
  return coco_matches.match(truth, detections, 'bbox')[5]


def test_the_best_detection_takes_an_object_and_a_second_one_is_wrong():
  matches = matched(
    [(3, SQUARE, 0)], [(3, [0.0, 0.0, 10.0, 8.0], 0.5), (3, SQUARE, 0.9)]
  )
  assert matches.hits[0].tolist() == [True, False]
  assert matches.counted.all()


def test_a_detection_is_right_up_to_its_iou():
  matches = matched([(3, SQUARE, 0)], [(3, [0.0, 0.0, 10.0, 8.0], 0.9)])
  iou_at_most = coco_matches.THRESHOLDS <= 0.8 + 1e-9
  np.testing.assert_array_equal(matches.hits[:, 0], iou_at_most)


def test_detections_in_a_crowd_do_not_count():
  matches = matched(
    [(3, SQUARE, 1)], [(3, [1.0, 1.0, 2.0, 2.0], s) for s in (0.9, 0.8)]
  )
  assert not matches.counted.any() and not matches.hits.any()
  assert matches.objects.tolist() == [0, 0]


def test_an_object_comes_before_a_crowd_that_is_overlapped_more():
  matches = matched(
    [(3, [0.0, 0.0, 10.0, 8.0], 0), (3, [0.0, 0.0, 90.0, 90.0], 1)],
    [(3, SQUARE, 0.9)],
  )
  assert matches.hits[0, 0]  # IoU 0.8 with the object, 1 with the crowd.
  assert not matches.counted[-1, 0]  # At 0.95 only the crowd is left.


def test_images_are_in_the_order_of_their_ids_and_equal_scores_too():
  matches = matched(
    [(7, SQUARE, 0), (7, [50.0, 0.0, 9.0, 9.0], 0)],
    [(7, SQUARE, 0.5), (3, SQUARE, 0.5), (7, SQUARE, 0.7)],
  )
  assert matches.objects.tolist() == [0, 2]
  assert matches.images.tolist() == [1, 0, 1]
  assert matches.hits[0].tolist() == [True, False, False]


def test_the_hundred_best_of_an_image_count():
  scores = np.linspace(0.1, 0.9, 101)
  matches = matched([(3, SQUARE, 0)], [(3, SQUARE, float(s)) for s in scores])
  assert matches.hits.shape == (10, 100)
