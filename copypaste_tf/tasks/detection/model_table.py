"""Compares the size of a model with that of the published implementation."""

from official.vision.configs import maskrcnn

from copypaste_tf.modeling import build, counting

# Multiply-adds in 1e9 and parameters in 1e6 of the published implementation, by
# (backbone, pyramid, cascade stages, image side).
PUBLISHED = {
  ('resnet50', 'fpn', 1, 1024): (431.78, 48.011),
  ('resnet101', 'fpn', 1, 1024): (509.41, 67.004),
  ('resnet101', 'fpn', 1, 1280): (692.80, 67.004),
  ('efficientnet-b7', 'fpn', 1, 640): (286.39, 85.918),
  ('efficientnet-b7', 'fpn', 1, 1024): (447.02, 85.918),
  ('efficientnet-b7', 'fpn', 1, 1280): (595.30, 85.918),
  ('efficientnet-b7', 'fpn', 3, 1280): (854.31, 118.268),
  ('efficientnet-b7', 'nasfpn', 3, 1280): (1440.59, 185.081),
}


def table(config: maskrcnn.MaskRCNN) -> str:
  """Returns parameters and multiply-adds of each part of a model.

  Args:
    config: config of the model.
  """
  model = build.mask_rcnn(config)
  counts = counting.count(
    model,
    config.input_size[:2],
    num_proposals=config.roi_generator.test_num_proposals,
    num_detections=config.detection_generator.max_num_detections,
  )
  lines = [counting.table(counts)]
  published = PUBLISHED.get(key(config, model))
  if published:
    billions, millions = published
    lines.append(f'{"published":12}{millions:13.3f} M{billions:18.2f}')
  return '\n'.join(lines)


def multiply_adds(config: maskrcnn.MaskRCNN, *, training: bool) -> int:
  """Returns the multiply-adds of a forward pass of an image.

  Args:
    config: config of the model.
    training: count the regions that are trained on, else the proposals and
      the detections.
  """
  regions = config.roi_generator.test_num_proposals
  masks = config.detection_generator.max_num_detections
  if training:
    regions = config.roi_sampler.num_sampled_rois
    masks = int(regions * config.roi_sampler.foreground_fraction)
  counts = counting.count(
    build.mask_rcnn(config),
    config.input_size[:2],
    num_proposals=regions,
    num_detections=masks,
  )
  return sum(part.multiply_adds for part in counts.values())


def key(config: maskrcnn.MaskRCNN, model) -> tuple[str, str, int, int]:
  """Returns the key of a model in `PUBLISHED`."""
  return (
    model.backbone.name,
    config.decoder.type,
    len(model.regions.box_heads),
    config.input_size[0],
  )
