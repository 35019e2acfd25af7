"""Lists the peak speed of GPUs, and counts the arithmetic of a step."""

import tensorflow as tf
from official.vision.configs import maskrcnn

from copypaste_tf.modeling import build, counting

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


def train_flops(config: maskrcnn.MaskRCNN) -> int:
  """Returns the operations of convolutions and matrix products, per image.

  A training step counts as three forward passes, also for frozen layers.

  Args:
    config: config of the model.
  """
  sampler = config.roi_sampler
  regions = sampler.num_sampled_rois
  masks = int(regions * sampler.foreground_fraction)
  return TRAINING * _forward_flops(config, regions, masks)


def eval_flops(config: maskrcnn.MaskRCNN) -> int:
  """Returns the same of a detection step, per image.

  Args:
    config: config of the model.
  """
  return _forward_flops(
    config,
    config.roi_generator.test_num_proposals,
    config.detection_generator.max_num_detections,
  )


def _forward_flops(config, regions, masks) -> int:
  counts = counting.count(
    build.mask_rcnn(config),
    config.input_size[:2],
    num_proposals=regions,
    num_detections=masks,
  )
  return 2 * sum(part.multiply_adds for part in counts.values())
