import pytest

from copypaste_tf.products import products
from copypaste_tf.tasks import registry


def test_every_task_that_predicts_has_a_product():
  assert {'detection', 'segmentation'} <= {*registry.makers()}
  for name in registry.makers():
    assert products.get(registry.get(name).makes).label


def test_a_name_is_registered_once(monkeypatch):
  monkeypatch.setattr(products, '_PRODUCTS', dict(products._PRODUCTS))
  mine = products.get('class_maps')
  products.register('mine', mine)
  products.register('mine', mine)
  assert products.get('mine') is mine
  with pytest.raises(ValueError, match="name 'detections' is taken"):
    products.register('detections', mine)
  with pytest.raises(ValueError, match=r"class_maps, .*, got 'depth'"):
    products.get('depth')
