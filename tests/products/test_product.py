import numpy as np
import pytest

from copypaste_tf.products.detections import Detections
from copypaste_tf.products.product import Product


def test_a_product_must_say_how_it_is_drawn_and_written():
  with pytest.raises(TypeError, match='abstract'):
    type('Half', (Product,), {'label': 'half'})()


def test_a_product_without_scores_keeps_everything():
  class_map = np.zeros([2, 2])
  assert Product.filtered(Detections(), class_map, 0.9) is class_map
