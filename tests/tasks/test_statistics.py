"""Statistics of a set are means over its images alone."""

import numpy as np
import tensorflow as tf

from copypaste_tf.examples import TrainScenes
from copypaste_tf.inputs.data_config import RecordSet, TrainData
from copypaste_tf.tasks import statistics

SETS = [
  RecordSet(path='a', share=0.5, name='gold'),
  RecordSet(path='b', share=0.5),
  RecordSet(path='c', share=0.0),
]
FOUND = {name: tf.constant([1.0, 4.0]) for name in statistics.PASTE}
SCENES = TrainScenes(
  **dict.fromkeys(TrainScenes._fields)
  | {
    'sets': tf.constant([[0, 0], [1, 0]]),
    'classes': tf.constant([[4, 2, 0], [0, 0, 0]]),
    'statistics': FOUND,
  }
)


def means(data):
  found = statistics.values(data, SCENES)
  assert list(found) == statistics.names(data)
  return {name: float(np.mean(x)) for name, x in found.items()}


def test_each_set_that_is_trained_on_has_its_own():
  found = means(TrainData(sets=SETS))
  assert found['paste/objects_pasted'] == 2.5
  expected = {'gold': (2, 0, 1), '1': (0, 1, 4)}
  for name, (labels, empty, pasted) in expected.items():
    assert found[f'sets/{name}/labels'] == labels
    assert found[f'sets/{name}/images_without_labels'] == empty
    assert found[f'sets/{name}/objects_pasted'] == pasted
  assert not any(name.startswith('sets/2') for name in found)


def test_a_single_set_has_those_of_all_images_only():
  found = means(TrainData(input_path='a'))
  assert list(found) == [f'paste/{name}' for name in statistics.PASTE]


def test_a_composition_adds_its_own():
  own = {'mixup/images_mixed': 1.0, 'mixup/target_share': 0.25}
  statistics_ = FOUND | {k: tf.constant([x, 1.0]) for k, x in own.items()}
  scenes = SCENES._replace(statistics=statistics_)
  data = TrainData(sets=SETS, composition='mixup')
  found = statistics.values(data, scenes)
  assert list(found) == statistics.names(data)
  for name, value in own.items():
    np.testing.assert_array_equal(found[name], [value, 1.0])
