"""PNGs of ids are read as ids, or refused."""

import io

import numpy as np
import pytest
from PIL import Image

from copypaste_tf.drawing import class_maps
from tfrecord_tools import label_png
from tfrecord_tools.faults import SourceError

IDS = np.array([[0, 5, 15, 255], [20, 1, 1, 255]], np.uint8)


def save(image, **settings):
  stream = io.BytesIO()
  image.save(stream, **({'format': 'PNG'} | settings))
  return stream.getvalue()


def open_ids():
  return Image.open(io.BytesIO(class_maps.palette_png(IDS)))


def read(data, largest=20, **knobs):
  return label_png.read(data, 'a.png', largest=largest, **knobs)


def note(labels):
  return [name for name, _ in labels.notes]


def test_a_palette_png_is_read_by_its_indices():
  assert open_ids().mode == 'P'
  found = read(class_maps.palette_png(IDS), shape=(2, 4))
  np.testing.assert_array_equal(found.ids, IDS)
  assert found.notes == () and found.ids.dtype == np.uint8


@pytest.mark.parametrize('mode', ['RGB', 'RGBA'])
def test_colours_are_read_by_the_inverse_palette(mode):
  every = np.arange(256, dtype=np.uint8).reshape(16, 16)
  image = Image.open(io.BytesIO(class_maps.palette_png(every))).convert(mode)
  found = read(save(image), largest=254)
  np.testing.assert_array_equal(found.ids, every)
  assert note(found) == ['label_pngs_read_by_colour']


def test_a_palette_that_a_program_sorted_is_read_by_its_colours():
  order = np.array([15, 0, 20, 255, 1, 5], np.uint8)
  places = np.zeros(256, np.uint8)
  places[order] = np.arange(len(order))
  image = Image.fromarray(places[IDS])
  image.putpalette(class_maps.palette()[order].tobytes())
  found = read(save(image))
  np.testing.assert_array_equal(found.ids, IDS)
  assert note(found) == ['label_pngs_read_by_colour']


def test_a_palette_of_other_colours_does_not_change_the_ids():
  image = Image.fromarray(IDS)
  image.putpalette(bytes(255 - k // 3 for k in range(768)))
  found = read(save(image))
  np.testing.assert_array_equal(found.ids, IDS)
  assert note(found) == ['label_pngs_with_another_palette']


def test_grey_ids_are_read():
  found = read(save(Image.fromarray(IDS)))
  np.testing.assert_array_equal(found.ids, IDS)
  assert note(found) == ['label_pngs_without_palette']


@pytest.mark.parametrize('ids', [IDS, np.full((2, 2), 15), np.full((2, 2), 4)])
def test_the_grey_of_colours_is_never_taken_for_ids(ids):
  image = Image.open(io.BytesIO(class_maps.palette_png(ids.astype(np.uint8))))
  with pytest.raises(SourceError, match='a.png.*may be ids or the brightness'):
    read(save(image.convert('L')))


@pytest.mark.parametrize('grey', [14, 15])  # Of class 4, 14.6.
def test_greys_are_known_however_a_decoder_rounds_them(grey):
  data = save(Image.fromarray(np.array([[0, grey]], np.uint8)))
  with pytest.raises(SourceError, match='brightness'):
    read(data)


@pytest.mark.parametrize(
  ('data', 'reason'),
  [
    (class_maps.palette_png(IDS)[:-30], 'unreadable_label_png'),
    (b'', 'unreadable_label_png'),
    (save(Image.new('RGB', (4, 2)), format='JPEG'), 'unreadable_label_png'),
    (save(Image.new('I;16', (4, 2))), 'unreadable_label_png'),
    (save(Image.new('RGB', (4, 2), (1, 2, 3))), 'label_png_colours'),
    (class_maps.palette_png(IDS[:, :3]), 'label_png_of_another_size'),
    (class_maps.palette_png(IDS.clip(0, 21)), 'label_png_values'),
  ],
)
def test_what_has_no_clear_meaning_is_refused_by_file(data, reason):
  with pytest.raises(SourceError, match='a.png: ') as error:
    read(data, shape=(2, 4))
  assert error.value.reason == reason


def test_real_files_have_the_ids_of_their_colours(real_data):
  folder = real_data / 'voc_sample/SegmentationClass'
  for path in sorted(folder.glob('*.png')):
    ids = read(path.read_bytes()).ids
    with Image.open(path) as image:
      colors = np.array(image.convert('RGB'))
    np.testing.assert_array_equal(class_maps.palette()[ids], colors)
