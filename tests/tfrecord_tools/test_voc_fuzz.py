"""Damaged files of a VOCdevkit are read, counted by file, or refused."""

import io
import random
import re

import numpy as np
import pytest
import voc_folder
import voc_kit
from PIL import Image

TASKS = ('detection', 'instances', 'segmentation')
FILES = {
  'Annotations': 'xml',
  'SegmentationClass': 'png',
  'SegmentationObject': 'png',
  'JPEGImages': 'jpg',
  'ImageSets': 'txt',
}
NUMBERS = ('0', '-7', '1e309', 'nan', '45.7', '', 'x', '99999999999', '60', '1')


@pytest.fixture(scope='module')
def kit(tmp_path_factory):
  kit = voc_kit.Kit(tmp_path_factory.mktemp('fuzz'))
  classes, objects = np.zeros((2, *voc_kit.SHAPE), np.uint8)
  for ids, values in ((classes, (8, 12)), (objects, (1, 2))):
    ids[8:30, 10:40], ids[9:20, 42:56] = 255, 255
    ids[10:28, 12:38], ids[10:19, 43:55] = values
  for name in ('2008_000002', '2008_000003'):
    dog = voc_folder.entry('dog', (43, 10, 56, 20))
    kit.add(name, voc_kit.ENTRY, dog).draw(classes, objects)
  return kit


def change_bytes(data, rng):
  """Cuts, fills, doubles or changes some bytes."""
  start = rng.randrange(len(data))
  stop = min(len(data), start + rng.choice([1, 1, 8, len(data)]))
  middle = rng.choice(
    [b'', rng.randbytes(stop - start), data[start:stop] * 2, b'\xff', b'\0']
  )
  return data[:start] + middle + data[stop:]


def change_xml(data, rng):
  """Changes a number, a name or a tag."""
  text = data.decode()
  kind = rng.randrange(3)
  if kind == 0:
    places = list(re.finditer(r'>([\d.]+)<', text))
    start, stop = rng.choice(places).span(1)
    return (text[:start] + rng.choice(NUMBERS) + text[stop:]).encode()
  tags = re.findall(r'<(\w+)>', text)
  tag = rng.choice(tags)
  if kind == 1:  # An element is lost.
    return re.sub(rf'<{tag}>.*?</{tag}>', '', text, count=1).encode()
  return text.replace(f'{tag}>', f'{tag.upper()}>').encode()


def change_png(data, rng):
  """Saves other pixels, another mode or another size."""
  with Image.open(io.BytesIO(data)) as image:
    mode = rng.choice(['P', 'L', 'RGB', 'RGBA', 'LA', '1'])
    if rng.random() < 0.3:
      image = image.resize((59, 40))
    if mode != 'P':
      image = image.convert(mode)
    elif rng.random() < 0.5:
      image.putpixel((rng.randrange(50), rng.randrange(40)), rng.randrange(256))
    stream = io.BytesIO()
    image.save(stream, 'PNG')
  return stream.getvalue()


CHANGES = {'xml': change_xml, 'png': change_png}


def check(kit, folder, seed):
  rng = random.Random(f'{folder} {seed}')
  suffix = FILES[folder]
  kit.options()
  name = '2008_000003' if folder != 'ImageSets' else 'train'
  for sub in ('Main', 'Segmentation') if folder == 'ImageSets' else ('',):
    path = kit.file(f'{folder}/{sub}', f'{name}.{suffix}')
    whole = path.read_bytes()
    change = change_bytes if rng.random() < 0.5 else CHANGES.get(suffix)
    damaged = (change or change_bytes)(whole, rng)
    for task in TASKS:
      options = kit.options(task=task)
      path.write_bytes(damaged)
      try:
        outcome(kit, options, folder, (task, seed))
      finally:
        path.write_bytes(whole)


def outcome(kit, options, folder, case):
  try:
    manifest, found = kit.convert_with(options)
  except (ValueError, FileNotFoundError) as error:
    # The lists alone may be refused as a whole.
    assert folder == 'ImageSets', (case, error)
    assert '\n' not in str(error) and 'train.txt' in str(error), (case, error)
    return
  counts = manifest['counts']
  dropped = manifest['dropped']
  assert len(found) == counts['images']['written']
  # Every reason has an example that names the place.
  for kind in ('images', 'annotations'):
    for reason in dropped[kind]:
      assert reason == 'image_dropped' or dropped['examples'][reason], case
  for record in found.values():
    assert set(record.classes.tolist()) <= set(range(1, 21)), case
    assert (record.boxes >= 0).all() and np.isfinite(record.boxes).all(), case
    if record.class_map is not None:
      assert set(np.unique(record.class_map)) <= {*range(21), 255}, case


@pytest.mark.parametrize('folder', FILES)
def test_some_damaged_files(kit, folder):
  for seed in range(3):
    check(kit, folder, seed)


@pytest.mark.thorough
@pytest.mark.parametrize('folder', FILES)
def test_a_hundred_damaged_files_of_each_kind(kit, folder):
  for seed in range(100):
    check(kit, folder, seed)
