"""Lists peak speed and memory of TPUs.

A device, as JAX counts them, is one core or both cores of a chip together.
"""

from typing import NamedTuple


class Chip(NamedTuple):
  """The peaks of a device.

  Attributes:
    flops: bfloat16 operations per second, from cloud.google.com/tpu/docs.
    bandwidth: bytes per second to and from memory, from the same pages.
    memory: bytes that the compiler lets a program use; the runtime needs one
      or two GiB of them.
  """

  flops: float
  bandwidth: float
  memory: float


_GIB = 2.0**30
# By JAX's `device_kind` and the number of cores of a device.
CHIPS = {
  ('TPU v2', 1): Chip(22.5e12, 350e9, 7.48 * _GIB),
  ('TPU v3', 1): Chip(61.5e12, 450e9, 15.48 * _GIB),
  ('TPU v4', 1): Chip(137.5e12, 614e9, 15.25 * _GIB),
  ('TPU v4', 2): Chip(275e12, 1228e9, 30.75 * _GIB),
  ('TPU v5 lite', 1): Chip(197e12, 819e9, 15.75 * _GIB),
  ('TPU v5', 2): Chip(459e12, 2765e9, 95.74 * _GIB),
  ('TPU v6 lite', 1): Chip(918e12, 1640e9, 31.25 * _GIB),
  ('TPU7x', 1): Chip(1153.5e12, 3690e9, 94.75 * _GIB),
}


def chip(kind: str, cores: int) -> Chip:
  """Returns the peaks of a device.

  Args:
    kind: JAX's `device_kind`.
    cores: number of cores of a device.

  Raises:
    ValueError: `CHIPS` lacks the device.
  """
  if (kind, cores) not in CHIPS:
    names = ', '.join(sorted({name for name, _ in CHIPS}))
    raise ValueError(
      f'the peaks of {kind!r} with {cores} cores are not known, only those of '
      f'{names}; add them to copypaste_tf/costs/tpu/chips.py.'
    )
  return CHIPS[kind, cores]
