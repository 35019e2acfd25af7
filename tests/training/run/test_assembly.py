"""The initial weights depend on the config, not on the process."""

import numpy as np
import pytest
import small_model

from copypaste_tf.training.run import assembly, devices


def first_weights(folder, lines, seed):
  params = small_model.params(*lines, f'TrainData.seed = {seed}')
  _, trainer = assembly.task_and_trainer(
    devices.start(params), str(folder), train=False
  )
  return [variable.numpy() for variable in trainer.model.trainable_variables]


@pytest.mark.slow
def test_the_first_weights_depend_on_the_seed_alone(shapes_params, tmp_path):
  one, same, other = (
    first_weights(tmp_path, shapes_params, seed) for seed in (3, 3, 4)
  )
  for a, b in zip(one, same, strict=True):
    np.testing.assert_array_equal(a, b)
  drawn = [np.ptp(x) > 0 for x in one]
  assert sum(drawn) > 20
  for a, b, is_drawn in zip(one, other, drawn, strict=True):
    assert not is_drawn or (a != b).any()
