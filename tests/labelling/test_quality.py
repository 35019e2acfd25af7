import numpy as np
import pytest
import serialized
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from copypaste_tf.evaluation import detections, groundtruth
from copypaste_tf.labelling import quality
from copypaste_tf.labelling.quality import (
  BACKGROUND,
  DUPLICATE,
  IGNORED,
  RIGHT,
  WRONG,
  WRONG_CLASS,
  WRONG_PLACE,
)

SIZE = 40


def rle(mask):
  encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
  return {**encoded, 'counts': encoded['counts'].decode()}


def rectangle(top, left, height, width):
  mask = np.zeros([SIZE, SIZE], bool)
  mask[top : top + height, left : left + width] = True
  return mask


def annotation(image, category, mask, crowd=0):
  return {
    'image_id': image,
    'category_id': category,
    'segmentation': rle(mask),
    'bbox': coco_mask.toBbox(rle(mask)).tolist(),
    'area': float(mask.sum()),
    'iscrowd': crowd,
  }


def result(image, category, mask, score):
  entry = annotation(image, category, mask)
  return {k: entry[k] for k in entry if k not in ('area', 'iscrowd')} | {
    'score': score
  }


def truth_of(annotations, images=(1,), **details):
  return {
    'images': [
      {'id': i, 'height': SIZE, 'width': SIZE, **details} for i in images
    ],
    'annotations': [a | {'id': i} for i, a in enumerate(annotations, 1)],
    'categories': [{'id': i, 'name': str(i)} for i in range(1, 5)],
  }


def judge(annotations, results, images=(1,), **details):
  found = detections.from_results(results)
  return quality.judge(truth_of(annotations, images, **details), found)


# An object of class 1 of 20 x 20 pixels, and one of class 2 beside it.
OBJECTS = [
  annotation(1, 1, rectangle(0, 0, 20, 20)),
  annotation(1, 2, rectangle(20, 20, 20, 20)),
]


@pytest.mark.parametrize(
  ('category', 'mask', 'outcomes', 'kind'),
  [
    (1, rectangle(0, 0, 20, 20), (RIGHT, RIGHT), None),
    (1, rectangle(0, 0, 20, 15), (RIGHT, RIGHT), None),  # IoU 0.75.
    (1, rectangle(0, 0, 20, 14), (RIGHT, WRONG), None),
    (1, rectangle(0, 0, 20, 10), (RIGHT, WRONG), None),  # IoU 0.5.
    (1, rectangle(0, 0, 20, 9), (WRONG, WRONG), WRONG_PLACE),
    (1, rectangle(0, 0, 20, 2), (WRONG, WRONG), WRONG_PLACE),  # IoU 0.1.
    (1, rectangle(0, 0, 20, 1), (WRONG, WRONG), BACKGROUND),
    (2, rectangle(0, 0, 20, 10), (WRONG, WRONG), WRONG_CLASS),
    (2, rectangle(0, 0, 20, 9), (WRONG, WRONG), BACKGROUND),
    (4, rectangle(20, 20, 20, 20), (WRONG, WRONG), WRONG_CLASS),
    (1, rectangle(30, 0, 5, 5), (WRONG, WRONG), BACKGROUND),
  ],
)
def test_a_label_is_right_by_its_iou_and_else_of_a_kind(
  category, mask, outcomes, kind
):
  found = judge(OBJECTS, [result(1, category, mask, 0.5)])
  assert tuple(found.outcomes[iou][0] for iou in quality.IOUS) == outcomes
  assert kind is None or found.kinds[0] == kind
  assert found.objects == {1: 1, 2: 1}


def test_the_best_score_gets_the_object_and_the_others_are_duplicates():
  whole, part = rectangle(0, 0, 20, 20), rectangle(0, 0, 20, 16)
  found = judge(
    OBJECTS,
    [
      result(1, 1, whole, 0.3),
      result(1, 1, part, 0.9),
      result(1, 1, part, 0.6),
    ],
  )
  assert found.outcomes[0.5].tolist() == [WRONG, RIGHT, WRONG]
  assert found.kinds[[0, 2]].tolist() == [DUPLICATE, DUPLICATE]


def test_labels_within_a_crowd_of_their_class_are_ignored():
  crowd = annotation(1, 1, rectangle(0, 20, 20, 20), crowd=1)
  inside, other = rectangle(2, 22, 5, 5), rectangle(0, 0, 20, 20)
  found = judge(
    [*OBJECTS, crowd],
    [
      result(1, 1, inside, 0.9),
      result(1, 1, inside, 0.8),
      result(1, 2, inside, 0.7),
      result(1, 1, other, 0.6),
    ],
  )
  assert found.outcomes[0.5].tolist() == [IGNORED, IGNORED, WRONG, RIGHT]
  assert found.kinds[2] == BACKGROUND  # A crowd is no object of another class.
  assert found.objects == {1: 1, 2: 1}


def test_an_image_without_objects_has_background_only():
  found = judge(OBJECTS, [result(7, 1, rectangle(0, 0, 9, 9), 1)], (1, 7))
  assert found.outcomes[0.5].tolist() == [WRONG]
  assert found.kinds.tolist() == [BACKGROUND]
  assert found.labels.num_images == 2


def test_no_label_at_all_is_judged():
  found = judge(OBJECTS, [])
  assert found.outcomes[0.5].shape == found.kinds.shape == (0,)
  assert found.objects == {1: 1, 2: 1}


def test_categories_that_nobody_looked_for_are_ignored():
  # Categories 1 and 2 are present, 3 is verified to be absent, 4 unknown.
  far = rectangle(30, 0, 5, 5)
  details = {'neg_category_ids': [3], 'not_exhaustive_category_ids': [2]}
  found = judge(
    OBJECTS, [result(1, c, far, 0.5) for c in (1, 2, 3, 4)], **details
  )
  assert found.outcomes[0.5].tolist() == [WRONG, IGNORED, WRONG, IGNORED]
  whole = rectangle(20, 20, 20, 20)
  (right,) = judge(OBJECTS, [result(1, 2, whole, 1)], **details).outcomes[0.5]
  assert right == RIGHT


def test_boxes_are_compared_where_there_are_no_masks():
  results = [result(1, 1, rectangle(0, 0, 20, 15), 0.5)]
  del results[0]['segmentation']
  found = detections.from_results(results)
  truth = truth_of(OBJECTS)
  assert quality.judge(truth, found, 'bbox').outcomes[0.75].tolist() == [RIGHT]
  with pytest.raises(ValueError, match='1 detections have no masks'):
    quality.judge(truth, found)


def test_unknown_images_and_scores_that_are_no_numbers_are_refused():
  mask = rectangle(0, 0, 5, 5)
  with pytest.raises(ValueError, match='image ids'):
    judge(OBJECTS, [result(5, 1, mask, 0.5)])
  with pytest.raises(ValueError, match='score nan'):
    judge(OBJECTS, [result(1, 1, mask, float('nan'))])


def random_scene(seed, images=3):
  rng = np.random.default_rng(seed)
  annotations, results = [], []
  for image in range(1, images + 1):
    for _ in range(rng.integers(0, 7)):
      mask = rectangle(*rng.integers(0, 25, 2), *rng.integers(6, 16, 2))
      mask &= rng.random(mask.shape) < 0.95  # No two IoUs are equal.
      category, crowd = int(rng.integers(1, 4)), int(rng.random() < 0.2)
      annotations.append(annotation(image, category, mask, crowd))
      for _ in range(rng.integers(0, 4)):
        moved = np.roll(mask, rng.integers(-4, 5, 2), (0, 1))
        moved &= rng.random(mask.shape) < 0.95
        if rng.random() < 0.2:
          category = int(rng.integers(1, 5))
        score = round(float(rng.random()), 4)
        results.append(result(image, category, moved, score))
  rng.shuffle(results)
  return annotations, results


def pixels(entry):
  return coco_mask.decode(entry['segmentation']).astype(bool)


def iou_of(found, entry):
  first, second = pixels(found), pixels(entry)
  both = (first & second).sum()
  union = first.sum() if entry['iscrowd'] else (first | second).sum()
  return both / union


def by_hand(annotations, results, iou):
  """Outcome and kind of each result, in plain loops."""
  outcomes, kinds = [None] * len(results), [None] * len(results)
  taken = set()
  for i in sorted(range(len(results)), key=lambda i: -results[i]['score']):
    best, best_iou, in_crowd, own, other = None, 0, False, 0, 0
    for j, entry in enumerate(annotations):
      if entry['image_id'] != results[i]['image_id']:
        continue
      overlap = iou_of(results[i], entry)
      same = entry['category_id'] == results[i]['category_id']
      if entry['iscrowd']:
        in_crowd |= same and overlap >= iou
        continue
      if not same:
        other = max(other, overlap)
        continue
      own = max(own, overlap)
      if j not in taken and overlap >= iou and overlap > best_iou:
        best, best_iou = j, overlap
    if best is not None:
      taken.add(best)
      outcomes[i] = RIGHT
    else:
      outcomes[i] = IGNORED if in_crowd else WRONG
    if own >= 0.5:
      kinds[i] = DUPLICATE
    elif other >= 0.5:
      kinds[i] = WRONG_CLASS
    else:
      kinds[i] = WRONG_PLACE if own >= 0.1 else BACKGROUND
  return outcomes, kinds


@pytest.mark.parametrize('seed', range(8))
def test_random_scenes_are_judged_as_in_plain_loops(seed):
  annotations, results = random_scene(seed)
  found = judge(annotations, results, (1, 2, 3))
  for iou in quality.IOUS:
    outcomes, kinds = by_hand(annotations, results, iou)
    assert found.outcomes[iou].tolist() == outcomes
    assert found.kinds.tolist() == kinds


def test_right_and_ignored_labels_are_those_of_coco():
  annotations, results = random_scene(11, images=30)
  found = judge(annotations, results, range(1, 31))
  truth = COCO()
  truth.dataset = truth_of(annotations, range(1, 31))
  truth.createIndex()
  evaluation = COCOeval(truth, truth.loadRes(results), 'segm')
  evaluation.evaluate()
  everywhere, seen = evaluation.params.areaRng[0], set()
  for iou in quality.IOUS:
    row = round((iou - 0.5) / 0.05)
    expected = {}
    for cell in evaluation.evalImgs:
      if cell and cell['aRng'] == everywhere:
        for number, matched, ignored in zip(
          cell['dtIds'],
          cell['dtMatches'][row],
          cell['dtIgnore'][row],
          strict=True,
        ):
          right = RIGHT if matched else WRONG
          expected[number] = IGNORED if ignored else right
    listed = [expected[i] for i in range(1, len(results) + 1)]
    assert found.outcomes[iou].tolist() == listed
    seen |= {*listed}
  assert seen == {RIGHT, WRONG, IGNORED}


def test_labels_of_records_become_detections_with_their_scores():
  scores = np.array([0.25, 0.5], np.float32)
  first, *_ = serialized.make_record(1, count=2, scores=scores)
  empty, *_ = serialized.make_record(2, count=0)
  third, *_ = serialized.make_record(3, count=1)
  found = quality.detections_of([first, empty, third])
  assert found.scores.tolist() == [0.25, 0.5, 1.0]
  assert found.image_ids.tolist() == [1001, 1001, 1003]
  truth = {'images': [], 'annotations': [], 'categories': []}
  for record in (first, empty, third):
    truth['images'].append(groundtruth.image_entry(record))
    number = len(truth['annotations']) + 1
    truth['annotations'] += groundtruth.annotation_entries(record, number)
  truth['categories'] = [{'id': i, 'name': str(i)} for i in range(1, 5)]
  judged = quality.judge(truth, found)
  assert judged.outcomes[0.75].tolist() == [RIGHT] * 3
