import numpy as np

from copypaste_tf import drawing
from copypaste_tf.drawing import colors


def test_class_colors_are_stable_and_distinct():
  first = drawing.class_colors([3, 1, 3])
  assert first[0] == first[2] != first[1]
  assert first == drawing.class_colors(np.array([3, 1, 3], np.int32))
  assert len(set(drawing.class_colors(range(1, 1231)))) > 1100
  near = np.array(drawing.class_colors(range(1, 21)), int)
  gaps = np.abs(near[:, None] - near[None]).sum(2) + 999 * np.eye(20, dtype=int)
  assert gaps.min() > 30
  # A saved sheet and a new one must agree; change only with a changelog entry.
  assert drawing.class_colors([1, 2]) == [(115, 156, 255), (100, 166, 8)]


def test_objects_of_few_classes_have_a_colour_each():
  assert len(set(drawing.instance_colors([7] * 9))) == 9
  assert len(set(drawing.instance_colors(np.array([1, 2, 3, 1, 2])))) == 5
  assert drawing.instance_colors([]) == []


def test_objects_of_many_classes_have_the_colour_of_their_class():
  classes = [9, 3, 4, 5, 3]
  assert drawing.instance_colors(classes) == drawing.class_colors(classes)


def test_ink_is_dark_on_light_and_light_on_dark():
  assert colors.ink((255, 255, 0)) == (0, 0, 0)
  assert colors.ink((0, 0, 120)) == (255, 255, 255)
