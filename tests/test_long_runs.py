"""Runs with equal seeds agree; memory does not grow in long runs."""

import subprocess
import sys

import numpy as np
import pytest
import tiny_run

from copypaste_tf.training.run import memory

pytestmark = [pytest.mark.thorough, pytest.mark.slow]
SEEN_AT = (500, 1000, 1500, 1999)
GROWTH = 16  # MiB, of some 900.


def weights_of_a_run(folder, shapes_params, seed=0):
  """Trains the small Mask R-CNN through the command line."""
  params = [
    *('BATCH_SIZE = 2', 'IMAGE_SIZE = (64, 64)', f'TrainData.seed = {seed}'),
    *('TaskConfig.panels_every = 0', *shapes_params),
  ]
  subprocess.run(
    [
      *(sys.executable, '-m', 'copypaste_tf.train', '--gin_file=smoke'),
      *('--mode=train', f'--model_dir={folder}'),
      *(f'--gin_params={line}' for line in params),
    ],
    check=True,
  )
  return tiny_run.values(folder)


def test_the_seed_determines_the_weights(shapes_params, tmp_path):
  first, again, other = (
    weights_of_a_run(tmp_path / name, shapes_params, seed)
    for name, seed in (('first', 0), ('again', 0), ('other', 1))
  )
  assert len(first) > 100 and first.keys() == again.keys()
  for name, value in first.items():
    np.testing.assert_array_equal(value, again[name], err_msg=name)
  kernels = [name for name in first if 'kernel' in name]
  assert kernels
  assert not any(np.array_equal(first[name], other[name]) for name in kernels)


def test_memory_does_not_grow_in_a_long_run(shapes_params, tmp_path):
  used = {}

  def note(step):
    if step in SEEN_AT:
      used[step] = memory.rss_mib()

  params = [
    *('schedule.train_steps = 2000', 'experiment.log_every = 10'),
    *('experiment.checkpoint_every = 100', *shapes_params),
  ]
  traced = tiny_run.run(tmp_path, params, note)
  print({step: f'{size:.1f} MiB' for step, size in used.items()})
  assert traced == [0], 'traced once in 200 loops'
  assert used[SEEN_AT[-1]] - used[SEEN_AT[0]] < GROWTH, used
