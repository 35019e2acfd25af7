"""The same batches and seeds, whether the host augments or the device does."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import reference
import tensorflow as tf

from copypaste_tf import augment
from copypaste_tf.examples import RawScenes
from copypaste_tf.inputs import scene_batches


def _scenes(batch=4, count=3):
  """A dataset of `count` batches of different images."""
  singles = [
    reference.make_scenes(np.random.default_rng(seed), batch=batch)._replace(
      source_id=np.arange(batch) + 100 * seed
    )
    for seed in range(count)
  ]
  stacked = tf.nest.map_structure(lambda *x: np.stack(x), *singles)
  return tf.data.Dataset.from_tensor_slices(stacked)


def paired(groups, seed, **numbers):
  """Pairs the images of groups in which all give and take."""
  size = groups.element_spec.source_id.shape[0]
  everywhere = [*range(size)]
  return scene_batches.paired(
    groups, seed, takers=everywhere, givers=everywhere, **numbers
  )


def test_every_batch_has_a_seed_of_its_own():
  batches = list(scene_batches.seeded(_scenes(), 7))
  assert all(isinstance(batch, RawScenes) for batch in batches)
  assert [b.seed.numpy().tolist() for b in batches] == [[7, 0], [7, 1], [7, 2]]
  assert all(batch.sources is None for batch in batches)
  for batch, scenes in zip(batches, _scenes(), strict=True):
    np.testing.assert_array_equal(batch.targets.image, scenes.image)


def test_hosts_number_their_batches_apart():
  batches = scene_batches.seeded(_scenes(), 7, first=5, every=4)
  assert [b.seed.numpy()[1] for b in batches] == [5, 9, 13]
  whole = [s.source_id % 100 for _, s in paired(_scenes(), 3)]
  part = paired(_scenes().skip(2), 3, first=2, every=4)
  np.testing.assert_array_equal(next(iter(part))[1].source_id % 100, whole[2])


def test_pairs_are_of_different_images_and_each_is_used_once():
  for targets, sources in paired(_scenes(), 3):
    ids, others = targets.source_id.numpy(), sources.source_id.numpy()
    assert not np.any(ids == others) and sorted(ids) == sorted(others)
    for i, other in enumerate(others):
      row = list(ids).index(other)
      np.testing.assert_array_equal(sources.planes[i], targets.planes[row])
      np.testing.assert_array_equal(sources.boxes[i], targets.boxes[row])


def test_pairs_depend_on_the_seed_and_the_batch():
  def partners(seed):
    pairs = paired(_scenes(batch=8), seed)
    return np.stack([sources.source_id % 100 for _, sources in pairs])

  np.testing.assert_array_equal(partners(1), partners(1))
  assert np.any(partners(1) != partners(2))
  assert np.any(partners(1)[0] != partners(1)[1])


def test_split_pairs_keep_their_sources_and_their_order():
  whole = paired(_scenes(), 3)
  ids = [
    np.concatenate([pair[side].source_id for pair in whole]) for side in (0, 1)
  ]
  single = scene_batches.seeded(whole.rebatch(1), 3)
  assert single.element_spec.targets.image.shape[0] == 1
  batches = list(single)
  np.testing.assert_array_equal(
    [b.targets.source_id[0] for b in batches], ids[0]
  )
  np.testing.assert_array_equal(
    [b.sources.source_id[0] for b in batches], ids[1]
  )


@pytest.mark.parametrize(
  ('sources', 'draws_first'), [(False, False), (True, False), (False, True)]
)
def test_the_augmentation_is_that_of_the_op(sources, draws_first):
  batch = next(iter(scene_batches.seeded(_scenes(), 1)))
  if sources:
    others = next(iter(_scenes(count=2).skip(1)))
    batch = batch._replace(sources=others)
  knobs = {
    'output_size': (48, 48),
    'max_instances': 12,
    'copy_paste': augment.CopyPaste(min_visible_area=4),
  }
  found = scene_batches.compiled_augment(draws_first=draws_first, **knobs)(
    batch
  )
  expected = augment.augment(
    batch.targets, batch.seed, sources=batch.sources, **knobs
  )
  reference.assert_same(
    [
      ('op', reference.to_numpy(expected)),
      ('compiled', reference.to_numpy(found)),
    ]
  )


def test_bfloat16_images_are_the_rounded_ones():
  batch = next(iter(scene_batches.seeded(_scenes(), 1)))
  found = [
    scene_batches.compiled_augment(output_size=(48, 48), dtype=dtype)(
      batch
    ).image
    for dtype in (tf.float32, tf.bfloat16)
  ]
  np.testing.assert_array_equal(tf.cast(found[0], tf.bfloat16), found[1])


def test_the_augmentation_is_traced_once():
  run = scene_batches.compiled_augment(output_size=(48, 48))
  for batch in scene_batches.seeded(_scenes(), 1):
    run(batch)
  assert run.experimental_get_tracing_count() == 1


COMPILE = """
import sys
import numpy as np
import reference
import tensorflow as tf
from copypaste_tf import augment
from copypaste_tf.examples import RawScenes
from copypaste_tf.inputs import scene_batches

run = scene_batches.compiled_augment(
  output_size=(32, 40), max_instances=12, copy_paste=augment.CopyPaste()
)
for i in range(4):
  scenes = reference.make_scenes(np.random.default_rng(i), count=2 * i)
  scenes = tf.nest.map_structure(tf.constant, scenes)
  run(RawScenes(scenes, None, tf.constant([i, 2 * i])))
"""


def test_xla_compiles_once_for_all_batches(tmp_path):
  """What begins a slice, for one, would be compiled in, and so anew."""
  flags = f'--xla_dump_to={tmp_path} --xla_dump_hlo_as_text'
  folders = [str(pathlib.Path(__file__).parent), *sys.path]
  subprocess.run(
    [sys.executable, '-c', COMPILE],
    env=os.environ
    | {'XLA_FLAGS': flags, 'PYTHONPATH': os.pathsep.join(folders)},
    check=True,
  )
  dumped = tmp_path.glob('*augment_batch*before_optimizations.txt')
  assert len(list(dumped)) == 1
