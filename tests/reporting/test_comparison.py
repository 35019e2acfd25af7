import numpy as np
import pytest
import serialized
from pycocotools import mask as coco_mask

from copypaste_tf import drawing
from copypaste_tf.reporting import comparison

NAMES = {1: 'disc', 2: 'square', 3: 'star', 4: 'ring'}


def detection(record, box, score=0.9, category=2, mask=None):
  """A COCO result; `box` is yxyx."""
  ymin, xmin, ymax, xmax = box
  found = {
    'image_id': record.source_id,
    'category_id': category,
    'bbox': [xmin, ymin, xmax - xmin, ymax - ymin],
    'score': score,
  }
  if mask is not None:
    rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    found['segmentation'] = rle | {'counts': rle['counts'].decode()}
  return found


def compare(records, found, **knobs):
  knobs = {'min_score': 0.5, 'limit': 9, 'enlarged_side': 1} | knobs
  return comparison.compare(records, found, NAMES, **knobs)


def test_perfect_detections_look_like_the_ground_truth():
  record, masks, pixels = serialized.make_record(1)
  record = record._replace(class_names=[''] * 4)
  found = [
    detection(record, box, category=category, mask=mask)
    for box, category, mask in zip(
      record.boxes, record.classes, masks, strict=True
    )
  ]
  truth = comparison.annotated_objects(record, NAMES)
  guess = comparison.detected_objects(found, NAMES)
  np.testing.assert_allclose(guess.boxes, truth.boxes, atol=1e-5)
  np.testing.assert_array_equal(np.stack(guess.masks), np.stack(truth.masks))
  assert guess.colors == truth.colors
  assert guess.captions == [f'{name} 0.90' for name in truth.captions]
  drawn = comparison.draw(pixels, truth, 1.0)[:30, :40]
  assert (drawn != pixels).any()


def test_boxes_of_detections_are_yxyx():
  record, _, _ = serialized.make_record(1)
  objects = comparison.detected_objects(
    [detection(record, [1, 2, 9, 30])], NAMES
  )
  np.testing.assert_array_equal(objects.boxes, [[1, 2, 9, 30]])
  assert objects.masks is None
  assert comparison.detected_objects([], NAMES).boxes.shape == (0, 4)


def test_low_scores_and_other_images_are_left_out():
  record, _, pixels = serialized.make_record(1)
  other = record._replace(source_id=7)
  weak = detection(record, [0, 0, 20, 20], score=0.49)
  elsewhere = detection(other, [0, 0, 20, 20])
  result = compare([record], [weak, elsewhere])[0]
  assert result.title == (
    '1.png: 4 objects, 0 detections: 0 hits, 4 missed, 0 false alarms'
  )
  np.testing.assert_array_equal(result.prediction, pixels)
  result = compare([record], [weak, elsewhere], min_score=0.49)[0]
  assert result.title == (
    '1.png: 4 objects, 1 detection: 0 hits, 4 missed, 1 false alarm'
  )
  assert (result.prediction[:30, :40] != pixels).any()


def test_first_images_with_objects_are_taken_and_no_more_read():
  def records():
    yield serialized.make_record(0, count=0)[0]
    yield serialized.make_record(1, count=2, crowds=2)[0]
    yield serialized.make_record(2)[0]
    yield serialized.make_record(3, count=1)[0]
    raise AssertionError('read too far')

  titles = [
    result.title.split(':')[0] for result in compare(records(), [], limit=2)
  ]
  assert titles == [
    '2.png',
    '3.png',
  ]
  assert compare(records(), [], limit=0) == []


def test_crowds_are_grey_and_not_counted():
  record, _, _ = serialized.make_record(4, count=3, crowds=1)
  objects = comparison.annotated_objects(record, NAMES)
  assert objects.captions[0].endswith('(crowd)')
  assert objects.colors[0] == comparison.CROWD_COLOR
  assert objects.colors[1:] == drawing.instance_colors(record.classes)[1:]
  assert compare([record], [])[0].title.startswith('4.png: 2 objects')


def test_unnamed_categories_show_the_record_name_or_the_id():
  record, _, _ = serialized.make_record(1, count=2)
  record = record._replace(class_names=['thing', ''])
  captions = comparison.annotated_objects(record, {}).captions
  assert captions == ['thing', str(record.classes[1])]
  found = [detection(record, [0, 0, 5, 5], category=77)]
  assert comparison.detected_objects(found, {}).captions == ['77 0.90']


@pytest.mark.parametrize(
  ('side', 'size'), [(1, (30, 40)), (40, (30, 40)), (120, (90, 120))]
)
def test_small_images_are_enlarged_with_their_labels(side, size):
  record, masks, _ = serialized.make_record(1, count=1)
  result = compare([record], [], enlarged_side=side)[0]
  assert result.prediction.shape == (*size, 3)
  height, width = size
  scale = size[0] // 30
  truth = result.truth[:height, :width]
  changed = (truth != result.prediction).any(-1)
  inside = np.kron(masks[0], np.ones([scale, scale], bool))
  assert changed[inside].mean() > 0.95


def test_boxes_are_enlarged_with_the_image():
  image = np.zeros([30, 40, 3], np.uint8)
  red = (255, 0, 0)
  box = comparison.Objects(np.array([[5, 10, 20, 30]]), None, [''], [red])
  drawn = comparison.draw(image, box, 2.0)
  rows, columns = np.nonzero((drawn == red).all(-1))
  extent = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
  assert extent == (10, 20, 40, 60)


@pytest.mark.parametrize('size', [(1, 1), (1, 2000), (3000, 2)])
def test_extreme_shapes_stay_small(size):
  record, _, _ = serialized.make_record(1, size=size, count=1, largest=1)
  drawn = compare([record], [], enlarged_side=320)[0].prediction
  assert max(drawn.shape) == max(320, *size)


def test_records_without_masks_are_drawn_with_boxes_only():
  record, _, _ = serialized.make_record(1)
  bare = record._replace(
    has_masks=False,
    planes=record.planes[:0],
    ids=np.zeros_like(record.ids),
  )
  assert comparison.annotated_objects(bare, NAMES).masks is None
  drawn = compare([bare], [])[0]
  assert (drawn.truth[:30, :40] != drawn.prediction).any()


def test_hits_misses_and_false_alarms_are_marked():
  record, masks, _ = serialized.make_record(1, count=3)
  record = record._replace(classes=np.array([1, 2, 3], np.int32))
  found = [
    detection(record, record.boxes[0], 0.9, 1, masks[0]),
    detection(record, record.boxes[1], 0.8, 4, masks[1]),  # Another class.
    detection(record, record.boxes[0], 0.7, 1, masks[0]),  # Taken already.
  ]
  truth, guess, counts = comparison.marked(record, found, NAMES)
  assert counts == '1 hit, 2 missed, 2 false alarms'
  hit, missed, alarm = (
    comparison.HIT,
    comparison.MISSED,
    comparison.FALSE_ALARM,
  )
  assert truth.edges == [hit, missed, missed]
  assert guess.edges == [hit, alarm, alarm]
  assert [caption[0] for caption in truth.captions] == ['✓', '○', '○']
  assert guess.captions == ['✓ disc 0.90', '✗ ring 0.80', '✗ disc 0.70']


def test_a_hit_has_the_colour_of_its_object_and_others_a_new_one():
  record, masks, _ = serialized.make_record(1, count=2)
  record = record._replace(classes=np.array([2, 2], np.int32))
  found = [
    detection(record, record.boxes[1], 0.9, 2, masks[1]),
    detection(record, [0, 0, 2, 2], 0.8, 2, np.zeros([30, 40], bool)),
  ]
  truth, guess, _ = comparison.marked(record, found, NAMES)
  assert guess.colors[0] == truth.colors[1]
  assert guess.colors[1] not in truth.colors


def test_detections_inside_a_crowd_are_not_counted():
  record, masks, _ = serialized.make_record(4, count=2, crowds=1)
  category = int(record.classes[0])
  found = [detection(record, record.boxes[0], 0.9, category, masks[0])] * 2
  truth, guess, counts = comparison.marked(record, found, NAMES)
  assert counts == '0 hits, 1 missed, 0 false alarms'
  assert guess.edges == [comparison.CROWD_COLOR] * 2
  assert truth.edges == [comparison.CROWD_COLOR, comparison.MISSED]


def test_frames_have_the_colours_of_the_legend():
  record, _, _ = serialized.make_record(1, size=(90, 120), count=1, largest=40)
  drawn = compare([record], [], enlarged_side=320)[0].truth
  assert (drawn == comparison.MISSED).all(-1).sum() > 20


def test_small_images_of_many_objects_are_enlarged_more():
  few, _, _ = serialized.make_record(1, count=8, largest=5)
  many, _, _ = serialized.make_record(1, count=60, largest=5)
  widths = [
    result.prediction.shape[1]
    for result in compare([few, many], [], enlarged_side=320)
  ]
  assert widths == [320, 640]
