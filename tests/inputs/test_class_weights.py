"""Pasted objects are weighted by how rare their class is."""

import conversions
import numpy as np
import pytest
import tensorflow as tf
from coco_folder import CocoFolder, label

from copypaste_tf.augment.draws import selection
from copypaste_tf.augment.options import CopyPaste
from copypaste_tf.examples import Scenes
from copypaste_tf.inputs import class_weights, composing
from copypaste_tf.inputs import data_config as config


@pytest.fixture
def data(tmp_path):
  """Records with 1 object of class 1 and 9 of class 2; class 3 has none."""
  folder = CocoFolder(tmp_path)
  folder.categories = [{'id': k, 'name': str(k)} for k in (1, 2, 3)]
  labels = [label(k, 1, category_id=2) for k in range(2, 11)]
  folder.add(1, label(1, 1, category_id=1), *labels)
  conversions.convert(folder)
  return config.TrainData(input_path=f'{folder.path}/out/data-0*')


@pytest.mark.parametrize('power', [0.5, 1.0])
def test_weights_are_powers_of_the_inverse_numbers(data, power):
  weights = class_weights.of_records(data, power)
  assert weights == pytest.approx([1, 1, (1 / 9) ** power, 1])


def draw(weights, rounds=4000):
  """Returns the classes of the objects that are drawn one an image."""
  classes = np.tile([1] + [2] * 9, (rounds, 1)).astype(np.int32)
  sources = Scenes(*[None] * len(Scenes._fields))._replace(
    classes=tf.constant(classes)
  )
  chosen = selection.draw(
    sources,
    tf.ones([rounds], bool),
    tf.fill([rounds], 10),
    tf.constant([3, 4]),
    options=CopyPaste(subset='one', class_weights=weights),
  ).chosen.numpy()
  assert (chosen.sum(axis=1) == 1).all()
  return classes[chosen]


def test_with_power_1_two_classes_of_1_and_9_objects_are_pasted_alike(data):
  # Four standard deviations of 4000 draws are 0.032.
  even = draw(class_weights.of_records(data, 1.0))
  assert np.mean(even == 1) == pytest.approx(0.5, abs=0.032)
  assert np.mean(draw(()) == 1) == pytest.approx(0.1, abs=0.02)


def test_the_config_gives_the_weights_to_the_augmentation(data):
  data.copy_paste = config.CopyPaste(class_weight_power=1.0, max_pasted=3)
  made = composing.composition(data)
  assert made.class_weights == pytest.approx([1, 1, 1 / 9, 1])
  assert made.max_pasted == 3
  data.copy_paste = config.CopyPaste()
  assert composing.composition(data) == CopyPaste()


def test_only_records_that_are_pasted_from_count(data):
  sets = [
    config.RecordSet(path='none', share=0.5, pasted_from=False),
    config.RecordSet(path=data.input_path, share=0.5),
  ]
  data = config.TrainData(sets=sets)
  assert class_weights.of_records(data, 1.0)[2] == pytest.approx(1 / 9)


def test_two_kinds_of_weights_or_a_negative_power_are_refused(data):
  data.copy_paste = config.CopyPaste(
    class_weight_power=1.0, class_weights=(1.0,)
  )
  with pytest.raises(ValueError, match='takes the place of CopyPaste.class_w'):
    composing.composition(data)
  data.copy_paste = config.CopyPaste(class_weight_power=-1.0)
  with pytest.raises(ValueError, match='class_weight_power must be at least 0'):
    composing.composition(data)
