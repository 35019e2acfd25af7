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
  assert problems({}, taken=0) == []


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


def test_the_advice_names_the_flag():
  assert '--max_dropped=1' in losses.advice(0.1)
  assert '--max_dropped=0.1 is lost' in losses.advice(0.1)
