import numpy as np
import pytest
import serialized

from copypaste_tf import records
from copypaste_tf.evaluation import detections
from copypaste_tf.labelling import scored_labels
from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.thresholds import Thresholds


def write(path, *changes):
  examples = []
  for seed, change in enumerate(changes):
    count = len(change.get('classes', ()))
    crowds = change.pop('crowds', 0)
    record, *_ = serialized.make_record(seed, count=count, crowds=crowds)
    examples.append(records.serialize(record._replace(**change)))
  return serialized.write(str(path), examples)


def floats(*values):
  return np.array(values, np.float32)


def integers(*values):
  return np.array(values, np.int32)


def test_records_give_classes_and_scores_of_each_image(tmp_path):
  first = write(
    tmp_path / 'a',
    {'classes': integers(1, 2, 1), 'scores': floats(0.9, 0.5, 0.05)},
    {'classes': integers()},
  )
  second = write(tmp_path / 'b', {'classes': integers(4), 'scores': floats(0)})
  labels = scored_labels.from_records([first, second])
  assert labels.images.tolist() == [0, 0, 0, 2] and labels.num_images == 3
  assert labels.class_ids.tolist() == [1, 2, 1, 4]
  np.testing.assert_array_equal(labels.scores, floats(0.9, 0.5, 0.05, 0))


def test_labels_of_persons_count_as_score_1_and_crowds_not(tmp_path):
  path = write(tmp_path / 'a', {'classes': integers(1, 2, 3), 'crowds': 1})
  labels = scored_labels.from_records([path])
  assert labels.class_ids.tolist() == [2, 3]
  assert labels.scores.tolist() == [1, 1]


def test_a_score_outside_of_0_to_1_names_file_and_record(tmp_path):
  path = write(
    tmp_path / 'a',
    {'classes': integers()},
    {'classes': integers(1), 'scores': floats(np.nan)},
  )
  with pytest.raises(ValueError, match='a: record 1: .*score.*0 to 1.*nan'):
    scored_labels.from_records([path])


def test_no_record_gives_no_label(tmp_path):
  labels = scored_labels.from_records([write(tmp_path / 'a')])
  assert labels.num_images == 0 and labels.scores.shape == (0,)
  assert labels.counts(Thresholds(), 100) == LabelCounts()


def result(image, category, score):
  values = {'image_id': image, 'category_id': category, 'score': score}
  return values | {'bbox': [0, 0, 1, 1]}


def test_detections_give_the_labels_of_all_images():
  found = detections.from_results(
    [result(9, 1, 0.5), result(-3, 2, 0.25), result(9, 1, 0.75)]
  )
  labels = scored_labels.from_detections(found, [9, 4, -3])
  assert labels.images.tolist() == [2, 0, 2] and labels.num_images == 3
  assert labels.class_ids.tolist() == [1, 2, 1]
  assert labels.scores.tolist() == [0.5, 0.25, 0.75]
  with pytest.raises(ValueError, match='image ids'):
    scored_labels.from_detections(found, [9])


def test_counts_are_of_labels_from_the_threshold_of_their_class_up():
  labels = scored_labels.ScoredLabels(
    integers(0, 0, 0, 2),
    integers(1, 1, 2, 2),
    floats(0.5, 0.4, 0.4, 0.1),
    3,
  )
  assert labels.counts(Thresholds(0.5), 1) == LabelCounts(3, 2, 1, {1: 1})
  by_class = Thresholds(0.5, {2: 0.1})
  assert labels.counts(by_class, 2) == LabelCounts(3, 1, 1, {1: 1, 2: 2})
  keep = by_class.keep(labels.class_ids, labels.scores)
  assert labels.per_image(keep).tolist() == [2, 0, 1]
