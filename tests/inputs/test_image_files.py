import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from copypaste_tf.inputs import image_files
from tfrecord_tools import images


def scene(height=40, width=64):
  y, x = np.mgrid[:height, :width]
  red, green = 255 * y // height, 255 * x // width
  return np.stack([red, green, 255 - red], axis=2).astype(np.uint8)


def save(folder, mode, suffix, **options):
  path = folder / f'x.{suffix}'
  if mode == 'I;16':
    image = Image.fromarray(scene()[:, :, 0].astype(np.uint16) * 257)
  else:
    image = Image.fromarray(scene()).convert(mode)
  image.save(path, **options)
  return str(path)


@pytest.mark.parametrize(
  ('mode', 'suffix'),
  [
    ('RGB', 'jpg'),
    ('L', 'jpg'),
    ('RGB', 'png'),
    ('L', 'png'),
    ('RGBA', 'png'),
    ('LA', 'png'),
    ('P', 'png'),
    ('1', 'png'),
    ('I;16', 'png'),
    ('RGB', 'bmp'),
    ('P', 'gif'),
    ('RGB', 'tiff'),
  ],
)
def test_pixels_are_those_of_the_converted_record(tmp_path, mode, suffix):
  path = save(tmp_path, mode, suffix)
  stored = tf.io.decode_image(images.read(path).data, channels=3).numpy()
  pixels = image_files.read(path)
  assert pixels.shape == (40, 64, 3) and pixels.dtype == np.uint8
  np.testing.assert_array_equal(pixels, stored)


def test_cmyk_becomes_rgb(tmp_path):
  pixels = image_files.read(save(tmp_path, 'CMYK', 'jpg'))
  assert np.abs(pixels.astype(int) - scene()).mean() < 8


@pytest.mark.parametrize('orientation', range(1, 9))
def test_photos_are_turned_upright(tmp_path, orientation):
  exif = Image.Exif()
  exif[0x0112] = orientation
  path = save(tmp_path, 'RGB', 'jpg', exif=exif, quality=95)
  upright = ImageOps.exif_transpose(Image.open(path)).convert('RGB')
  pixels = image_files.read(path)
  assert pixels.shape[:2] == (upright.height, upright.width)
  assert np.abs(pixels.astype(int) - np.asarray(upright)).mean() < 2


def test_an_image_of_one_pixel_is_read(tmp_path):
  Image.fromarray(np.uint8([[[1, 2, 3]]])).save(tmp_path / 'x.png')
  pixels = image_files.read(str(tmp_path / 'x.png'))
  np.testing.assert_array_equal(pixels, [[[1, 2, 3]]])


@pytest.mark.parametrize('suffix', ['jpg', 'png', 'tiff'])
def test_broken_files_are_named(tmp_path, suffix):
  stream = io.BytesIO()
  formats = {'jpg': 'JPEG', 'png': 'PNG', 'tiff': 'TIFF'}
  Image.fromarray(scene()).save(stream, formats[suffix])
  path = tmp_path / f'broken.{suffix}'
  path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
  with pytest.raises(ValueError, match=f'broken.{suffix}: .+'):
    image_files.read(str(path))


def test_other_and_missing_files_are_named(tmp_path):
  (tmp_path / 'notes.jpg').write_text('not an image')
  with pytest.raises(ValueError, match='notes.jpg: '):
    image_files.read(str(tmp_path / 'notes.jpg'))
  with pytest.raises(ValueError, match='missing.jpg: '):
    image_files.read(str(tmp_path / 'missing.jpg'))
  with pytest.raises(ValueError, match='no known range'):
    Image.fromarray(np.zeros([4, 4], np.float32)).save(tmp_path / 'f.tiff')
    image_files.read(str(tmp_path / 'f.tiff'))
