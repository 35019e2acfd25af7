"""Names the backbones of all models."""

from official.vision.configs import backbones


def backbone(name: str, *, model: str) -> backbones.Backbone:
  """Returns Model Garden's config of `resnet50`, `efficientnet-b7`, ...

  Args:
    name: name of the backbone.
    model: the gin configurable that has the field `backbone`, for the error.

  Raises:
    ValueError: there is no such family of backbones.
  """
  family, _, size = name.partition('-')
  if family == 'efficientnet' and size:
    settings = backbones.EfficientNet(
      model_id=size, se_ratio=0.25, stochastic_depth_drop_rate=0.2
    )
    return backbones.Backbone(type=family, efficientnet=settings)
  depth = name.removeprefix('resnet')
  if name.startswith('resnet') and depth.isdecimal():
    return backbones.Backbone(
      type='resnet', resnet=backbones.ResNet(model_id=int(depth))
    )
  raise ValueError(
    f"{model}.backbone must be such as 'resnet50' or 'efficientnet-b7', got "
    f'{name!r}.'
  )
