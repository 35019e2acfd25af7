"""Files of every kind become the upright RGB that training sees."""

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from copypaste_tf.records import pictures

ORIENTATION = 0x0112


def scene(height=24, width=40):
  y, x = np.mgrid[:height, :width]
  red, green = 255 * y // height, 255 * x // width
  return np.stack([red, green, 255 - red], axis=2).astype(np.uint8)


def encode(image_format, image=None, **options):
  stream = io.BytesIO()
  image = Image.fromarray(scene()) if image is None else image
  image.save(stream, image_format, **options)
  return stream.getvalue()


def turned(orientation):
  exif = Image.Exif()
  exif[ORIENTATION] = orientation
  return exif


def tensorflow_decodes(data):
  try:
    tf.io.decode_image(data, channels=3, expand_animations=False)
  except tf.errors.InvalidArgumentError:
    return False
  return True


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize(
  ('image_format', 'options', 'tolerance'),
  [
    ('TIFF', {}, 0),
    ('TIFF', {'compression': 'tiff_lzw'}, 0),
    ('PNG', {}, 0),
    ('WEBP', {'lossless': True}, 0),
    ('JPEG', {'quality': 95}, 3),
    ('MPO', {'quality': 95}, 3),
  ],
)
def test_every_format_is_turned_upright_once(
  orientation, image_format, options, tolerance
):
  data = encode(image_format, exif=turned(orientation), **options)
  picture = pictures.read(data)
  upright = Image.fromarray(scene())
  upright.getexif()[ORIENTATION] = orientation
  expected = np.asarray(ImageOps.exif_transpose(upright))
  assert picture.orientation == orientation
  assert picture.pixels.shape == expected.shape
  difference = np.abs(picture.pixels.astype(int) - expected)
  assert difference.mean() <= tolerance


def test_metadata_after_the_pixels_of_a_png_turn_it():
  plain, body = encode('PNG'), turned(3).tobytes().removeprefix(b'Exif\0\0')
  checksum = zlib.crc32(body, zlib.crc32(b'eXIf'))
  chunk = struct.pack('>I', len(body)) + b'eXIf' + body
  data = plain[:-12] + chunk + struct.pack('>I', checksum) + plain[-12:]
  picture = pictures.read(data)
  np.testing.assert_array_equal(picture.pixels, scene()[::-1, ::-1])


def damages(rng, data):
  place = int(rng.integers(2, len(data) - 3))
  block = min(int(rng.integers(1, 500)), len(data) - place)
  yield data[:place]
  yield data[: -int(rng.integers(1, 21))]
  yield data[:place] + bytes(len(data) - place)
  yield data[:place] + rng.bytes(block) + data[place + block :]
  yield data[:place] + bytes([rng.integers(256)]) + data[place + 1 :]
  head = int(rng.integers(2, 60))
  yield data[:head] + rng.bytes(5) + data[head:]


@pytest.mark.parametrize(
  ('image_format', 'options'),
  [
    ('JPEG', {}),
    ('JPEG', {'progressive': True}),
    ('JPEG', {'exif': turned(1)}),
    ('PNG', {}),
    ('PNG', {'exif': turned(1)}),
  ],
)
def test_a_file_is_plain_only_if_tensorflow_decodes_it(image_format, options):
  rng = np.random.default_rng(0)
  outcomes = []
  for _ in range(40):
    pixels = rng.integers(0, 255, (30, 40, 3)).astype(np.uint8)
    data = encode(image_format, Image.fromarray(pixels), **options)
    assert pictures.read(data).is_plain
    for damaged in damages(rng, data):
      decodes = tensorflow_decodes(damaged)
      try:
        plain = pictures.read(damaged).is_plain
      except ValueError:
        # JPEGs and PNGs that TensorFlow decodes are not lost.
        turned_by_damage = b'Exif' in data or b'eXIf' in data
        assert not decodes or turned_by_damage
      else:
        assert decodes or not plain
      outcomes.append(decodes)
  assert outcomes.count(False) > 50
  assert outcomes.count(True) > 20 or image_format == 'PNG'


def test_a_png_without_its_last_bytes_is_refused():
  data = encode('PNG')
  for missing in range(1, 21):
    with pytest.raises(ValueError, match='TensorFlow cannot decode it: Inv'):
      pictures.read(data[:-missing])


def test_junk_between_the_segments_of_a_jpeg_is_skipped():
  data = encode('JPEG')
  junk = data[:20] + b'\x12\x34\x56\x78\x9a' + data[20:]
  picture = pictures.read(junk)
  assert picture.is_plain
  np.testing.assert_array_equal(picture.pixels, pictures.decode(data))


def test_unreadable_exif_is_noted_and_the_image_kept():
  data = encode('JPEG', exif=turned(1), dpi=(72, 72))
  broken = data.replace(b'MM\0*', b'MM??')
  assert broken != data
  picture = pictures.read(broken)
  assert picture.notes == ('images_with_unreadable_metadata',)
  np.testing.assert_array_equal(picture.pixels, pictures.decode(data))


def test_a_png_that_only_tensorflow_opens_is_kept():
  data = encode('PNG', exif=turned(1))
  start = data.index(b'eXIf') - 4
  (length,) = struct.unpack_from('>I', data, start)
  checksum = start + 8 + length
  broken = data[:checksum] + b'1234' + data[checksum + 4 :]
  picture = pictures.read(broken)
  assert picture.notes == ('images_with_unreadable_metadata',)
  assert not picture.is_plain
  np.testing.assert_array_equal(picture.pixels, scene())


def test_other_depths_and_modes_become_rgb():
  grey = scene()[:, :, 0]
  deep = Image.fromarray(grey.astype(np.uint16) * 257)
  expected = np.repeat(grey[:, :, np.newaxis], 3, axis=2)
  for image_format in ('PNG', 'TIFF'):
    picture = pictures.read(encode(image_format, deep))
    np.testing.assert_array_equal(picture.pixels, expected)
    assert not picture.is_plain
  cmyk = pictures.read(encode('JPEG', Image.fromarray(scene()).convert('CMYK')))
  assert cmyk.is_jpeg and not cmyk.is_plain
  assert np.abs(cmyk.pixels.astype(int) - scene()).mean() < 8


def test_further_frames_are_noted():
  frames = [Image.fromarray(scene()[:, :, k]) for k in range(3)]
  for image_format in ('GIF', 'TIFF', 'PNG', 'WEBP'):
    options = {'save_all': True, 'append_images': frames[1:]}
    picture = pictures.read(encode(image_format, frames[0], **options))
    assert picture.notes == ('images_with_more_frames',), image_format
  preview = {'save_all': True, 'append_images': frames[1:]}
  assert pictures.read(encode('MPO', frames[0], **preview)).notes == ()


@pytest.mark.parametrize(
  ('data', 'message'),
  [
    (b'', 'the file is empty'),
    (b'version https://git-lfs.github.com/spec/v1\noid', 'git lfs pull'),
    (b'../../.git/annex/objects/aa/bb/SHA', 'git annex get'),
    (b'\n<!DOCTYPE html><html>', 'a web page: download the image again'),
    (b'\0\0\0\x18ftypheic\0\0\0\0', 'a HEIC image: convert it to JPEG'),
    (b'plain text', 'not an image of a known format; it begins with b.plain'),
    (b'\xff\xd8\xff', 'TensorFlow cannot decode it'),
    (b'\x89PNG\r\n\x1a\n', 'TensorFlow cannot decode it'),
    (encode('BMP')[:200], 'truncated'),
    (encode('TIFF', Image.new('F', (4, 4))), 'no known range'),
  ],
)
def test_what_is_no_image_is_said_in_one_line(data, message):
  with pytest.raises(ValueError, match=message) as caught:
    pictures.read(data)
  assert '\n' not in str(caught.value)


def test_images_beyond_the_limit_of_pillow_are_refused(monkeypatch, recwarn):
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 600)
  assert pictures.read(encode('PNG')).is_plain
  assert not recwarn
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 400)
  with pytest.raises(ValueError, match='Cut it into tiles'):
    pictures.read(encode('PNG'))


def test_damaged_values_beside_the_orientation_do_not_matter():
  entries = [(ORIENTATION, 3, 1, 6), (0x0132, 5, 1, 38)]  # A date as a ratio.
  directory = struct.pack('<H', 2) + b''.join(
    struct.pack('<HHII', *entry) for entry in entries
  )
  tiff = b'II*\0' + struct.pack('<I', 8) + directory + bytes(4)
  exif = b'Exif\0\0' + tiff + struct.pack('<II', 1, 2)
  picture = pictures.read(encode('JPEG', exif=exif))
  assert picture.orientation == 6
  expected = pictures.read(encode('JPEG', exif=turned(6)))
  np.testing.assert_array_equal(picture.pixels, expected.pixels)


def test_a_damaged_later_frame_leaves_the_first():
  file = io.BytesIO()
  first, second = (Image.new('RGB', (5, 4), color) for color in (9, 200))
  first.save(file, 'TIFF', save_all=True, append_images=[second])
  data = file.getvalue()
  start = struct.unpack('<I', data[4:8])[0]
  (count,) = struct.unpack('<H', data[start : start + 2])
  link = start + 2 + 12 * count  # Place of the second directory.
  damaged = data[:link] + struct.pack('<I', len(data) - 3) + data[link + 4 :]
  picture = pictures.read(damaged)
  np.testing.assert_array_equal(picture.pixels, pictures.read(data).pixels)
  assert picture.notes == ('images_with_more_frames',)
