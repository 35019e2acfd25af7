import pytest

from copypaste_tf.tasks import backbones


def test_families_and_sizes_are_read_from_the_name():
  resnet = backbones.backbone('resnet101', model='model')
  assert (resnet.type, resnet.get().model_id) == ('resnet', 101)
  efficient = backbones.backbone('efficientnet-b7', model='model')
  assert (efficient.type, efficient.get().model_id) == ('efficientnet', 'b7')


@pytest.mark.parametrize('name', ['resnet', 'efficientnet', 'vgg-16'])
def test_another_name_is_refused(name):
  with pytest.raises(ValueError, match=f"mine.backbone must be .* '{name}'"):
    backbones.backbone(name, model='mine')
