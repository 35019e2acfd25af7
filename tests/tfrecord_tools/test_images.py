"""Image files of every kind become upright RGB that TensorFlow decodes."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from tfrecord_tools import images
from tfrecord_tools.faults import SourceError


def scene(height=48, width=80):
  y, x = np.mgrid[:height, :width]
  red, green = 255 * y // height, 255 * x // width
  return np.stack([red, green, 255 - red], axis=2).astype(np.uint8)


def save(path, image, **options):
  image.save(path, **options)
  return str(path)


def decode(stored):
  return tf.io.decode_image(stored.data, expand_animations=False).numpy()


def difference(a, b):
  return np.abs(a.astype(int) - b.astype(int)).mean()


@pytest.mark.parametrize('mode', ['RGB', 'L'])
@pytest.mark.parametrize('suffix', ['jpg', 'png'])
def test_plain_files_pass_byte_for_byte(tmp_path, mode, suffix):
  image = Image.fromarray(scene()).convert(mode)
  path = save(tmp_path / f'x.{suffix}', image)
  stored = images.read(path)
  assert stored.data == (tmp_path / f'x.{suffix}').read_bytes()
  assert not stored.reencoded
  assert stored.image_format == {'jpg': 'jpeg', 'png': 'png'}[suffix]
  assert stored.shape == stored.file_shape == (48, 80)


def test_progressive_jpegs_pass(tmp_path):
  path = save(tmp_path / 'x.jpg', Image.fromarray(scene()), progressive=True)
  assert not images.read(path).reencoded


@pytest.mark.parametrize(
  ('mode', 'suffix', 'tolerance'),
  [
    ('CMYK', 'jpg', 8),
    ('RGBA', 'png', 0),
    ('LA', 'png', 0),
    ('P', 'png', 0),
    ('1', 'png', 0),
    ('I;16', 'png', 0),
    ('RGB', 'bmp', 0),
    ('RGB', 'webp', 40),
    ('P', 'gif', 0),
    ('RGB', 'tiff', 0),
  ],
)
def test_other_files_become_rgb(tmp_path, mode, suffix, tolerance):
  if mode == 'I;16':
    image = Image.fromarray(scene()[:, :, 0].astype(np.uint16) * 257)
    expected = np.repeat(scene()[:, :, :1], 3, axis=2)
  else:
    image = Image.fromarray(scene()).convert(mode)
    expected = np.asarray(image.convert('RGB'))
  stored = images.read(save(tmp_path / f'x.{suffix}', image))
  assert stored.reencoded
  assert stored.image_format == ('jpeg' if suffix == 'jpg' else 'png')
  pixels = decode(stored)
  assert pixels.shape == (48, 80, 3)
  assert pixels.dtype == np.uint8
  assert difference(pixels, expected) <= tolerance


@pytest.mark.parametrize('tag', range(1, 9))
@pytest.mark.parametrize('suffix', ['jpg', 'png', 'tif', 'webp'])
def test_exif_orientations_are_turned_upright(tmp_path, tag, suffix):
  exif = Image.Exif()
  exif[0x0112] = tag
  path = tmp_path / f'x.{suffix}'
  options = {'lossless': True} if suffix == 'webp' else {}
  Image.fromarray(scene()).save(path, exif=exif, **options)
  with Image.open(path) as image:
    expected = np.asarray(ImageOps.exif_transpose(image))
  stored = images.read(str(path))
  assert stored.orientation == tag
  assert stored.file_shape == (48, 80)
  assert stored.shape == expected.shape[:2]
  assert difference(decode(stored), expected) < (3 if suffix == 'jpg' else 1e-9)
  plain = tag == 1 and suffix in ('jpg', 'png')
  assert stored.reencoded == (not plain)
  # No EXIF is left that would turn it a second time.
  with Image.open(io.BytesIO(stored.data)) as image:
    assert image.getexif().get(0x0112, 1) == 1


def test_an_unknown_orientation_is_ignored(tmp_path):
  exif = Image.Exif()
  exif[0x0112] = 77
  Image.fromarray(scene()).save(tmp_path / 'x.jpg', exif=exif)
  assert not images.read(str(tmp_path / 'x.jpg')).reencoded


def test_the_smallest_and_a_large_image_pass(tmp_path):
  for height, width in ((1, 1), (4000, 6000)):
    image = Image.new('RGB', (width, height), (9, 8, 7))
    stored = images.read(save(tmp_path / 'x.jpg', image))
    assert stored.shape == (height, width)
    assert not stored.reencoded


def reason_of(path):
  with pytest.raises(SourceError) as caught:
    images.read(str(path))
  return caught.value.reason


def test_files_that_are_no_images_are_refused(tmp_path):
  assert reason_of(tmp_path / 'absent.jpg') == 'missing_image'
  assert reason_of(tmp_path) == 'unreadable_image'
  (tmp_path / 'endless.jpg').symlink_to('/dev/zero')
  assert reason_of(tmp_path / 'endless.jpg') == 'unreadable_image'
  for data in (b'', b'\xff\xd8', b'no image', b'\x89PNG\r\n\x1a\n'):
    (tmp_path / 'x.jpg').write_bytes(data)
    assert reason_of(tmp_path / 'x.jpg') == 'corrupt_image'
  Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / 'x.tiff')
  assert reason_of(tmp_path / 'x.tiff') == 'corrupt_image'


@pytest.mark.parametrize('suffix', ['jpg', 'png', 'bmp'])
def test_truncated_files_are_refused(tmp_path, suffix):
  path = tmp_path / f'x.{suffix}'
  Image.fromarray(scene()).save(path)
  data = path.read_bytes()
  for size in (len(data) // 3, len(data) // 2, len(data) - 40):
    path.write_bytes(data[:size])
    assert reason_of(path) == 'corrupt_image'
