import numpy as np
import reference
import tensorflow as tf

from copypaste_tf import examples
from copypaste_tf.augment import canvas, joining, occlusion
from copypaste_tf.augment.draws.selection import Selection


def _canvas(engine, scenes):
  """Places scenes that lie on the output grid already."""
  tensors = tf.nest.map_structure(tf.constant, scenes)
  return canvas.place(
    tensors._replace(image=tf.cast(tensors.image, tf.float32)), engine=engine
  )


def test_targets_alone_keep_all_labels(engine):
  targets = reference.make_scenes(np.random.default_rng(11))
  found = reference.to_numpy(
    joining.targets_alone(_canvas(engine, targets), max_instances=30)
  )
  np.testing.assert_array_equal(found.boxes[:, :12], targets.boxes)
  np.testing.assert_array_equal(found.classes[:, :12], targets.classes)
  assert not found.alpha.any() and not found.classes[:, 12:].any()
  shrunk = found.statistics.pop('images_shrunk')
  np.testing.assert_array_equal(shrunk, targets.shrunk)
  for name, value in found.statistics.items():
    assert not value.any(), name


def test_weights_are_1_for_labels_and_0_for_padding(engine):
  targets = reference.make_scenes(np.random.default_rng(12), crowds=2)
  alone = joining.targets_alone(_canvas(engine, targets), max_instances=9)
  expected = np.arange(9) < 3
  np.testing.assert_array_equal(alone.weights, [expected] * 4)
  np.testing.assert_array_equal(alone.weights > 0, alone.classes > 0)


def test_labels_of_both_images_are_joined_and_the_largest_kept(engine):
  rng = np.random.default_rng(13)
  targets, sources = (
    _canvas(engine, reference.make_scenes(rng)) for _ in range(2)
  )
  chosen = sources.scenes.classes > 0
  five = tf.fill([4], 5)

  def join(max_instances):
    example = joining.join(
      targets,
      sources,
      occlusion.untouched(targets),
      Selection(five, five, chosen),
      image=targets.scenes.image,
      planes=targets.scenes.planes,
      owners=tf.fill([4, 48, 64], np.uint8(3)),
      max_instances=max_instances,
    )
    return reference.to_numpy(example)

  example = join(12)
  np.testing.assert_array_equal(example.pasted.sum(axis=1), 5)
  for i, name in enumerate(('targets', 'sources')):
    canvas_of = (targets, sources)[i]
    mine = example.pasted == bool(i)
    present = canvas_of.scenes.classes > 0
    for of_example, of_image in (
      (example.ids, canvas_of.scenes.ids),
      (example.areas, canvas_of.extent.area),
      (example.boxes, canvas_of.scenes.boxes),
    ):
      kept = of_example[mine & (example.classes > 0)]
      np.testing.assert_array_equal(kept, of_image[present], err_msg=name)
  fewer = join(6)
  largest = np.sort(example.areas, axis=1)[:, :-7:-1]
  np.testing.assert_array_equal(np.sort(fewer.areas)[:, ::-1], largest)


def test_examples_tell_the_sets_of_both_images(engine):
  scenes = reference.make_scenes(np.random.default_rng(14))
  for numbers, expected in (
    (np.int32([0, 1, 1, 2]), [[0, 0], [1, 1], [1, 1], [2, 2]]),
    (examples.ABSENT, np.zeros([0])),
  ):
    targets = _canvas(engine, scenes._replace(sets=numbers))
    alone = joining.targets_alone(targets, max_instances=9)
    np.testing.assert_array_equal(alone.sets, expected)
