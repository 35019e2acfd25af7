import numpy as np
import pytest
import serialized

from copypaste_tf import records
from copypaste_tf.labelling import gates
from copypaste_tf.labelling.gates import LabelCounts

# 7 labels an image, 3 of 10 of class 1: like COCO.
LABELLED = LabelCounts(100, 1, 0, {1: 210, 2: 245, 3: 245})


def counts(per_image, *, images=100, full=0, by_class=None):
  labels = round(per_image * images)
  half = labels // 2
  return LabelCounts(images, 0, full, by_class or {2: half, 3: labels - half})


def test_counts_of_images_are_those_of_their_labels():
  ids = [np.array(x, np.int32) for x in ([], [1, 2, 1], [2, 2], [])]
  assert gates.count(ids, 3) == LabelCounts(4, 2, 1, {1: 2, 2: 3})
  assert gates.count([], 3) == LabelCounts()


def test_counts_of_shards_add_up():
  first, second = (
    LabelCounts(2, 1, 1, {1: 3}),
    LabelCounts(3, 0, 2, {1: 1, 4: 5}),
  )
  assert first + second == LabelCounts(5, 1, 3, {1: 4, 4: 5})
  assert sum([first, second], LabelCounts()) == first + second
  assert first == LabelCounts(2, 1, 1, {1: 3})
  assert (first + second).labels == 9
  assert LabelCounts().per_image == 0


def test_labels_like_those_of_the_labelled_set_pass():
  assert gates.problems(LABELLED, LABELLED, 100) == []


@pytest.mark.parametrize('reference', [None, LABELLED, LabelCounts()])
@pytest.mark.parametrize('images', [0, 12])
def test_no_label_at_all_is_refused(reference, images):
  (line,) = gates.problems(LabelCounts(images, images), reference, 100)
  assert f'no label in {images} images' in line


@pytest.mark.parametrize(
  ('per_image', 'word'),
  [(1.39, 'lower'), (1.4, None), (35, None), (35.1, 'raise')],
)
def test_labels_per_image_are_a_fifth_to_five_times_those_of_the_labelled_set(
  per_image, word
):
  found = gates.problems(counts(per_image), LABELLED, 100)
  assert len(found) == bool(word)
  if word:
    assert f'{per_image:.2f} labels per image' in found[0]
    assert '(7.00)' in found[0] and f'{word} the threshold' in found[0]
  assert gates.problems(counts(per_image), None, 100) == []


@pytest.mark.parametrize('reference', [None, LABELLED])
def test_a_tenth_of_the_images_may_reach_the_limit(reference):
  assert gates.problems(counts(7, full=10), reference, 30) == []
  (line,) = gates.problems(counts(7, full=11), reference, 30)
  assert '11% of the images have 30 labels' in line


@pytest.mark.parametrize(
  ('by_class', 'fires'),
  [
    ({1: 420, 2: 280}, False),
    ({1: 421, 2: 279}, True),  # Above 60 %.
    ({9: 430, 2: 270}, True),  # Not in the labelled set.
    ({9: 400, 2: 300}, False),
  ],
)
def test_one_class_may_not_take_most_labels(by_class, fires):
  found = gates.problems(counts(7, by_class=by_class), LABELLED, 100)
  assert len(found) == fires
  if fires:
    assert f'class {max(by_class)}' in found[0] or 'class 1' in found[0]


def test_a_class_may_be_as_large_as_in_the_labelled_set():
  single = LabelCounts(10, 0, 0, {1: 70})
  assert gates.problems(single, single, 100) == []
  large = LabelCounts(10, 0, 0, {1: 45, 2: 55})
  grown = counts(10, images=10, by_class={1: 20, 2: 80})
  assert gates.problems(grown, large, 100) == []
  grown = counts(10, images=10, by_class={1: 17, 2: 83})
  assert len(gates.problems(grown, large, 100)) == 1


def test_each_closed_gate_has_a_line():
  collapsed = LabelCounts(10, 0, 10, {5: 1000})
  assert len(gates.problems(collapsed, LABELLED, 100)) == 3


@pytest.mark.parametrize(
  ('precision', 'recall', 'words'),
  [
    (0.2, 0.05, []),
    (0.19, 0.05, ['19% of the labels', '25% of the others']),
    (0.2, 0.04, ['4% of the objects']),
    (0.0, 0.0, ['0% of the labels', '0% of the objects']),
    (None, 0.0, ['0% of the objects']),
    (None, None, []),
  ],
)
def test_labels_on_labelled_images_must_be_right_and_found(
  precision, recall, words
):
  found = ' '.join(gates.quality_problems(precision, recall, 0.25))
  assert all(word in found for word in words)
  assert bool(found) == bool(words)


def test_records_of_persons_are_counted_without_crowds(tmp_path):
  first = serialized.write_classes(tmp_path / 'a', [1, 2, 1], [])
  record, *_ = serialized.make_record(3, count=4, crowds=3)
  record = record._replace(classes=np.array([1, 1, 1, 7], np.int32))
  second = serialized.write(tmp_path / 'b', [records.serialize(record)])
  assert gates.of_records([first, second]) == LabelCounts(
    3, 1, 0, {1: 2, 2: 1, 7: 1}
  )


NAMES = {1: 'person', 2: 'bicycle', 3: 'car'}


@pytest.mark.parametrize(
  ('teacher', 'words'),
  [
    ({1: 'aeroplane', 2: 'bicycle', 3: 'car'}, "1 is 'aeroplane' and 'person'"),
    ({1: 'bicycle', 2: 'person', 3: 'car'}, '2 of 3 ids differ'),
    ({1: 'person', 2: 'bicycle'}, "3 is unknown and 'car'"),
    ({**NAMES, 4: 'train'}, "4 is 'train' and unknown"),
  ],
)
def test_a_teacher_of_other_ids_or_names_is_refused(teacher, words):
  (line,) = gates.label_map_problems(teacher, NAMES)
  assert words in line


@pytest.mark.parametrize('teacher', [NAMES, {}])
def test_equal_or_unknown_classes_pass(teacher):
  assert gates.label_map_problems(teacher, NAMES) == []
  assert gates.label_map_problems(NAMES, dict(reversed(teacher.items()))) == []
