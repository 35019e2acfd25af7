"""Scores, crowds and difficult objects: labels, ignored, or not read."""

import numpy as np
import pytest
import reference
import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.examples import ABSENT, Features
from copypaste_tf.inputs import decode, object_roles
from copypaste_tf.inputs.data_config import RecordSet, TrainData
from copypaste_tf.inputs.object_roles import ScoreLimits

# A crowd, a difficult object, and others with scores.
SCORES = [1.0, 1.0, 0.9, 0.4, 0.2, np.nan, 0.5]
BAND = ScoreLimits(0.25, 0.5)


def record(**changes):
  options = {
    'crowds': 1,
    'scores': np.array(SCORES, np.float32),
    'difficult': np.arange(7) == 1,
    'classes': np.arange(1, 8, dtype=np.int32),
  }
  return serialized.make_record(3, count=7, **(options | changes))


def decoded(example, *, ignore=(), scores=None, max_instances=8):
  found = decode.decode_scene(
    tf.constant(example),
    source_size=(32, 48),
    max_instances=max_instances,
    num_planes=8,
    ignore=ignore,
    scores=scores,
  )
  return tf.nest.map_structure(lambda x: x.numpy(), found)


@pytest.mark.parametrize('of_model_garden', [False, True])
@pytest.mark.parametrize(
  ('ignore', 'scores', 'labels', 'ignored'),
  [
    ((), None, [2, 3, 4, 5, 6, 7], None),
    (('crowd',), None, [2, 3, 4, 5, 6, 7], [1]),
    (('difficult',), None, [3, 4, 5, 6, 7], [2]),
    ((), ScoreLimits(0.5, 0.5), [2, 3, 7], None),
    (('scores',), BAND, [2, 3, 7], [4]),
    (('crowd', 'difficult', 'scores'), BAND, [3, 7], [1, 2, 4]),
  ],
)
def test_each_object_has_its_role(
  ignore, scores, labels, ignored, of_model_garden
):
  """Classes are numbered, so they name the objects."""
  written, masks, _ = record()
  example = records.serialize(written)
  if of_model_garden:
    example = serialized.without(example, Features.IDS, Features.PLANES)
  scene = decoded(example, ignore=ignore, scores=scores)
  assert scene.classes[scene.ids > 0].tolist() == labels
  if ignored is None:
    assert scene.ignored is ABSENT
  else:
    assert scene.classes[scene.ignored].tolist() == ignored
    assert not scene.ids[scene.ignored].any()
  for number, ident, box in zip(
    scene.classes, scene.ids, scene.boxes, strict=True
  ):
    if number:
      np.testing.assert_allclose(box, written.boxes[number - 1], atol=1e-4)
    if ident:
      mask = reference.mask_of(scene.planes, ident)[:30, :40]
      np.testing.assert_array_equal(mask, masks[number - 1])
  assert scene.classes[scene.crowd].tolist() == [1]


def test_objects_that_are_not_read_need_no_room():
  example = records.serialize(record()[0])
  scene = decoded(example, ignore=('scores',), scores=BAND, max_instances=5)
  assert scene.classes.tolist() == [1, 2, 3, 4, 7]
  with pytest.raises(tf.errors.InvalidArgumentError, match='more objects'):
    decoded(example, max_instances=5)


def test_records_without_scores_have_labels_alone():
  example = records.serialize(record(scores=None)[0])
  scene = decoded(example, ignore=('scores',), scores=BAND)
  assert scene.classes.tolist() == [1, 2, 3, 4, 5, 6, 7, 0]
  assert not scene.ignored.any()


def test_a_missing_score_is_an_error():
  example = records.serialize(record(scores=np.float32([0.5] * 6))[0])
  with pytest.raises(tf.errors.InvalidArgumentError, match=Features.SCORE):
    decoded(example, scores=BAND)


def test_all_sets_of_a_config_have_limits_or_none_has():
  plain = TrainData(sets=[RecordSet(), RecordSet()])
  assert object_roles.score_limits(plain, plain.sets[0]) is None
  assert object_roles.ignored_kinds(plain) == ()
  data = TrainData(
    sets=[RecordSet(), RecordSet(min_score=0.5)], ignore=['crowd']
  )
  limits = [object_roles.score_limits(data, x) for x in data.sets]
  assert limits == [(0.0, 0.0), (0.5, 0.5)]
  assert object_roles.ignored_kinds(data) == ('crowd',)
  data.sets[1].ignore_score = 0.3
  assert object_roles.score_limits(data, data.sets[1]) == (0.3, 0.5)
  assert object_roles.ignored_kinds(data) == ('crowd', 'scores')
