import base64

import cv2
import numpy as np

from copypaste_tf.reporting import elements


def decode(uri):
  kind, content = uri.split(',')
  assert kind == 'data:image/jpeg;base64'
  pixels = np.frombuffer(base64.b64decode(content), np.uint8)
  return cv2.imdecode(pixels, cv2.IMREAD_COLOR)[..., ::-1]


def test_photo_keeps_colours_and_shrinks_large_pictures():
  image = np.zeros([40, 60, 3], np.uint8)
  image[:] = (200, 100, 20)
  np.testing.assert_allclose(decode(elements.photo(image)), image, atol=4)
  large = np.zeros([100, 3200, 3], np.uint8)
  assert decode(elements.photo(large)).shape == (50, 1600, 3)
  thin = np.zeros([1, 4000, 3], np.uint8)
  assert decode(elements.photo(thin)).shape == (1, 1600, 3)


def test_data_uri_is_what_a_browser_decodes():
  uri = elements.data_uri(b'<svg/>', 'image/svg+xml')
  assert uri == 'data:image/svg+xml;base64,PHN2Zy8+'
