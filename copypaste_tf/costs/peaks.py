"""Lists the peak speed of GPUs, and counts the arithmetic of a step."""

import tensorflow as tf

from copypaste_tf.tasks.task import Task

TRAINING = 3  # Cost of a training step in forward passes.
# Dense matrix products in bfloat16 (float16 where there is no bfloat16) a
# second, from the vendor's data sheets. The first name that occurs in the name
# of a device counts.
PEAKS = {
  'H200': 989e12,
  'H100 PCIe': 756e12,
  'H100 NVL': 835e12,
  'H100': 989e12,
  'A100': 312e12,
  'L40S': 362e12,
  'L4': 121e12,
  'V100': 125e12,
  'T4': 65e12,
}


def device_name() -> str:
  """Returns the name of the first GPU as its driver tells it; `CPU` without."""
  gpus = tf.config.list_physical_devices('GPU')
  if not gpus:
    return 'CPU'
  details = tf.config.experimental.get_device_details(gpus[0])
  return details.get('device_name', 'GPU')


def peak(name: str) -> float | None:
  """Returns the bfloat16 operations a second of a device, None if unknown.

  Args:
    name: name of the device, such as `NVIDIA H100 80GB HBM3`.
  """
  words = name.replace('-', ' ').split()
  for known, flops in PEAKS.items():
    if set(known.split()) <= set(words):
      return flops
  return None


def train_flops(task: Task) -> int | None:
  """Returns the operations of convolutions and matrix products, per image.

  A training step counts as three forward passes, also for frozen layers.

  Args:
    task: the task; None is returned if it does not count them.
  """
  multiply_adds = task.multiply_adds(training=True)
  return multiply_adds and TRAINING * 2 * multiply_adds


def eval_flops(task: Task) -> int | None:
  """Returns the operations of an evaluation step, per image.

  Convolutions and matrix products count, as in `train_flops`.

  Args:
    task: the task.
  """
  multiply_adds = task.multiply_adds(training=False)
  return multiply_adds and 2 * multiply_adds
