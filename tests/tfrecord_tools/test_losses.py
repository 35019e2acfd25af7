"""A conversion that loses too much is an error, with an example."""

from tfrecord_tools import losses


def manifest(
  dropped, taken=10, images=(), num_images=10, notes=(), not_selected=0
):
  def counts(total, lost, left):
    lost = sum(dict(lost).values())
    written = total - lost
    fields = ('in', 'written', 'dropped', 'not_selected')
    return dict(zip(fields, (total + left, written, lost, left), strict=True))

  return {
    'counts': {
      'images': counts(num_images, images, 0),
      'annotations': counts(taken, dropped, not_selected),
    },
    'dropped': {
      'images': dict(images),
      'annotations': dict(dropped),
      'examples': {'bad': [{'place': 'image 1', 'detail': 'got x'}]},
    },
    'notes': dict(notes),
  }


def problems(*args, allowed=0.1, **fields):
  return list(losses.problems(manifest(*args, **fields), max_dropped=allowed))


def test_a_small_loss_is_accepted():
  assert problems({}) == problems({'bad': 1}) == []
  assert problems({'bad': 2}, allowed=0.2) == []


def test_a_large_loss_is_named_with_an_example():
  (problem,) = problems({'bad': 2, 'other': 1})
  assert problem == (
    '2 of 10 annotations were dropped: bad, such as image 1: got x.'
  )
  assert problems({'other': 2}) == ['2 of 10 annotations were dropped: other.']
  assert problems({'bad': 2}, not_selected=90) == [problem]


def test_nothing_written_is_an_error_even_for_many_small_reasons():
  dropped = {f'r{i}': 1 for i in range(10)}
  assert problems(dropped) == ['no annotation of 10 could be converted.']
  assert problems(dropped, allowed=1) == []
  lost = {'images': {'missing_image': 10}, 'allowed': 1}
  assert problems({'image_dropped': 10}, **lost) == [
    'no image of 10 could be converted.'
  ]


def test_images_are_judged_once_and_one_of_them_may_be_lost():
  assert problems({'image_dropped': 5}, images={'x': 1}, num_images=2) == []
  assert problems({'image_dropped': 5}, images={'x': 2}, num_images=5) == [
    '2 of 5 images were dropped: x.'
  ]


def test_duplicates_are_no_loss():
  assert problems({'duplicate_annotation_id': 5}) == []


def test_masks_without_pixels_are_a_loss():
  notes = {'objects_without_pixels': 2}
  (problem,) = problems({}, notes=notes)
  assert problem.startswith('2 of 10 masks have no pixel')


def test_masks_away_from_their_boxes_are_a_loss():
  assert not problems({}, notes={'boxes_unlike_masks': 1})
  (problem,) = problems({}, notes={'boxes_unlike_masks': 2})
  assert problem.startswith('2 of 10 masks do not lie where their boxes are')


def test_images_without_annotations_are_converted_on_request():
  (problem,) = problems({}, taken=0)
  assert 'no annotations' in problem and '--max_dropped=1' in problem
  assert not problems({}, taken=0, allowed=1)
  assert not problems({}, taken=0, not_selected=10)


def test_the_advice_names_the_flag():
  assert '--max_dropped=1' in losses.advice(0.1)
  assert '--max_dropped=0.1 is lost' in losses.advice(0.1)


def test_faults_of_the_source_weigh_by_the_part_that_was_selected():
  # 5 of 100 in the source; this split takes 10 of the other 95.
  data = manifest({'bad': 5}, taken=15, not_selected=85)
  assert list(losses.problems(data, max_dropped=0.1))
  data['dropped_in_source'] = {'images': {}, 'annotations': {'bad': 5}}
  assert not list(losses.problems(data, max_dropped=0.1))
  data['dropped']['annotations']['bad'] = 7
  assert list(losses.problems(data, max_dropped=0.1))


def test_a_test_set_needs_no_annotations():
  data = manifest({}, taken=0)
  assert not [*losses.problems({**data, 'labelled': False}, max_dropped=0.1)]
  assert [*losses.problems({**data, 'labelled': True}, max_dropped=0.1)]
