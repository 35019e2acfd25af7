import numpy as np
import pytest

from copypaste_tf.labelling import quality_table
from copypaste_tf.labelling.quality import (
  BACKGROUND,
  DUPLICATE,
  IGNORED,
  KINDS,
  RIGHT,
  WRONG,
  WRONG_CLASS,
  WRONG_PLACE,
  Judgement,
)
from copypaste_tf.labelling.scored_labels import ScoredLabels
from copypaste_tf.labelling.thresholds import Thresholds

# Score, class, outcome at IoU 0.5 and at 0.75, kind, of three images.
LABELS = [
  (0.9, 1, RIGHT, RIGHT, BACKGROUND, 0),
  (0.8, 1, RIGHT, WRONG, BACKGROUND, 0),
  (0.7, 1, WRONG, WRONG, WRONG_PLACE, 0),
  (0.5, 1, IGNORED, IGNORED, BACKGROUND, 1),
  (0.5, 2, WRONG, WRONG, WRONG_CLASS, 1),
  (0.3, 2, RIGHT, RIGHT, BACKGROUND, 0),
  (0.2, 2, WRONG, WRONG, DUPLICATE, 0),
  (0.1, 5, WRONG, WRONG, BACKGROUND, 1),
]
OBJECTS = {1: 4, 2: 1, 7: 5}


def judgement():
  scores, ids, at_50, at_75, kinds, images = map(
    np.array, zip(*LABELS, strict=True)
  )
  labels = ScoredLabels(images, ids, scores.astype(np.float32), 3)
  return Judgement(labels, {0.5: at_50, 0.75: at_75}, kinds, OBJECTS)


def row(threshold, classes=None):
  table = quality_table.tabulate(judgement(), [threshold])
  chosen = None if classes is None else np.isin(table.class_ids, classes)
  (found,) = quality_table.rows(table, chosen)
  return found


def test_precision_and_recall_are_of_labels_from_the_threshold_up():
  assert row(Thresholds(0.5)) == {
    'labels': 5,
    'precision': {'0.5': 0.5, '0.75': 0.25},
    'recall': {'0.5': 0.2, '0.75': 0.1},
    'wrong': dict(zip(KINDS, [0, 1, 1, 0], strict=True)),
  }
  lowest = row(Thresholds(0.1))
  assert lowest['labels'] == 8
  assert lowest['precision'] == {'0.5': 0.4286, '0.75': 0.2857}
  assert lowest['wrong'] == dict.fromkeys(KINDS, 1)


def test_a_class_counts_alone():
  assert row(Thresholds(0.1), [2]) == {
    'labels': 3,
    'precision': {'0.5': 0.3333, '0.75': 0.3333},
    'recall': {'0.5': 1.0, '0.75': 1.0},
    'wrong': dict(zip(KINDS, [0, 1, 0, 1], strict=True)),
  }


def test_thresholds_of_classes_count():
  found = row(Thresholds(0.75, {2: 0.3, 5: 0.0}))
  assert found['labels'] == 5
  assert found['precision']['0.5'] == 0.6


def test_what_is_not_defined_is_none():
  nothing = row(Thresholds(0.95))
  assert nothing['labels'] == 0
  assert nothing['precision'] == {'0.5': None, '0.75': None}
  assert nothing['recall'] == {'0.5': 0, '0.75': 0}
  never_annotated = row(Thresholds(0.05), [5])
  assert never_annotated['recall'] == {'0.5': None, '0.75': None}
  assert never_annotated['precision'] == {'0.5': 0, '0.75': 0}


def test_counts_of_the_classes_add_up_to_those_of_all():
  table = quality_table.tabulate(
    judgement(), [*map(Thresholds, quality_table.GRID)]
  )
  assert table.class_ids.tolist() == [1, 2, 5, 7]
  assert table.objects.tolist() == [4, 1, 0, 5]
  for everything, *parts in zip(
    quality_table.rows(table),
    *(quality_table.rows(table, table.class_ids == i) for i in (1, 2, 5, 7)),
    strict=True,
  ):
    assert everything['labels'] == sum(part['labels'] for part in parts)
    for kind in KINDS:
      assert everything['wrong'][kind] == sum(p['wrong'][kind] for p in parts)


def test_labels_per_image_include_images_without_a_label():
  labels = judgement().labels
  assert quality_table.spread(labels, Thresholds(0.05), 5) == {
    'mean': 2.6667,
    'median': 3.0,
    'empty': 0.3333,
    'full': 0.3333,
  }
  assert quality_table.spread(labels, Thresholds(0.95), 5) == {
    'mean': 0.0,
    'median': 0.0,
    'empty': 1.0,
    'full': 0.0,
  }


def test_no_image_has_no_spread():
  none = ScoredLabels(*(np.zeros(0, int) for _ in range(3)), 0)
  assert {*quality_table.spread(none, Thresholds(), 5).values()} == {None}


@pytest.mark.parametrize('threshold', quality_table.GRID)
def test_the_grid_is_of_multiples_of_0_05(threshold):
  assert threshold == float(f'{threshold:.2f}') and 0 < threshold < 1
