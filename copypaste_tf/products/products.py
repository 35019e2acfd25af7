"""Looks up products by the name that `Task.makes` gives."""

from copypaste_tf.products.class_maps import ClassMaps
from copypaste_tf.products.detections import Detections
from copypaste_tf.products.product import Product

_PRODUCTS: dict[str, Product] = {
  'detections': Detections(),
  'class_maps': ClassMaps(),
}


def register(name: str, product: Product) -> None:
  """Registers a product of a task that is not of this package.

  Args:
    name: as in `Task.makes`.
    product: the product.

  Raises:
    ValueError: another product has that name.
  """
  if _PRODUCTS.setdefault(name, product) is not product:
    raise ValueError(f'the product name {name!r} is taken')


def get(name: str) -> Product:
  """Returns a product.

  Raises:
    ValueError: there is none of this name.
  """
  if name not in _PRODUCTS:
    raise ValueError(
      f'expected one of the products {", ".join(sorted(_PRODUCTS))}, got '
      f'{name!r}; products.register adds others'
    )
  return _PRODUCTS[name]
