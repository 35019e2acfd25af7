"""The generated data set: deterministic, exact, with every hard case."""

import collections
import hashlib
import json
import pathlib

import numpy as np
import pytest
import verbs
from PIL import Image
from pycocotools import mask as coco_mask

from tfrecord_tools import shape_scenes, shapes
from tfrecord_tools.verbs import create_shapes_dataset

VERB = 'tfrecord_tools.create_shapes_dataset'


def make(folder, **changes):
  options = {'num_train': 60, 'num_val': 10, 'image_size': 96, 'seed': 0}
  create_shapes_dataset.create(str(folder), **{**options, **changes})
  return folder


def digests(folder):
  files = sorted(p for p in pathlib.Path(folder).rglob('*') if p.is_file())
  return {
    str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
    for p in files
  }


def load(folder, split='train'):
  return json.loads((folder / f'instances_{split}.json').read_text())


def mask_of(annotation, height, width):
  encoded = annotation['segmentation']
  if isinstance(encoded, dict):
    assert encoded['size'] == [height, width]
  if isinstance(encoded, list) or isinstance(encoded['counts'], list):
    encoded = coco_mask.frPyObjects(encoded, height, width)
  if isinstance(encoded, list):
    encoded = coco_mask.merge(encoded)
  return coco_mask.decode(encoded).astype(bool)


def kind(annotation):
  segmentation = annotation['segmentation']
  if isinstance(segmentation, list):
    return 'polygons' if len(segmentation) > 1 else 'polygon'
  return type(segmentation['counts']).__name__


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
  return make(tmp_path_factory.mktemp('shapes'), num_train=400)


def test_the_command_writes_the_same_bytes_each_time(tmp_path):
  done = verbs.run_here(
    VERB,
    f'--output_dir={tmp_path / "a"}',
    *('--num_train=60', '--num_val=10', '--image_size=96'),
  )
  assert done.returncode == 0, done.stderr
  found = digests(tmp_path / 'a')
  assert len(found) == 72
  assert found == digests(make(tmp_path / 'b'))


def test_command_line_refuses_bad_flags():
  done = verbs.run_here(VERB)
  assert done.returncode != 0
  assert 'output_dir' in done.stderr
  done = verbs.run_here(VERB, '--help')
  for flag in ('output_dir', 'num_train', 'num_val', 'image_size', 'seed'):
    assert f'--{flag}' in done.stdout.replace('--[no]', '--')


def test_other_seeds_differ_and_longer_splits_extend(tmp_path):
  base = digests(make(tmp_path / 'base', num_train=5, num_val=2))
  other = digests(make(tmp_path / 'other', num_train=5, num_val=2, seed=1))
  assert set(base) == set(other)
  assert not set(base.values()) & set(other.values())
  longer = digests(make(tmp_path / 'longer', num_train=8, num_val=2))
  images = {k: v for k, v in base.items() if k.startswith('images')}
  assert images.items() <= longer.items()


def test_annotations_say_what_is_visible(dataset):
  data = load(dataset)
  sizes = {i['id']: (i['height'], i['width']) for i in data['images']}
  covered = {k: np.zeros(size, int) for k, size in sizes.items()}
  for annotation in data['annotations']:
    size = sizes[annotation['image_id']]
    mask = mask_of(annotation, *size)
    covered[annotation['image_id']] += mask
    assert mask.sum() == annotation['area'] >= shape_scenes.MIN_PIXELS
    rows, columns = np.nonzero(mask)
    x, y, w, h = annotation['bbox']
    assert (x, y) == (columns.min(), rows.min())
    assert (x + w, y + h) == (columns.max() + 1, rows.max() + 1)
  assert max(c.max() for c in covered.values()) == 1


def test_images_fit_their_entries(dataset):
  data = load(dataset)
  modes = collections.Counter()
  for entry in data['images']:
    with Image.open(dataset / 'images' / entry['file_name']) as image:
      assert image.size == (entry['width'], entry['height'])
      modes[image.mode] += 1
    assert 72 <= entry['height'] <= 120
    assert 72 <= entry['width'] <= 120
  assert set(modes) == {'RGB', 'L'}
  assert len({(i['height'], i['width']) for i in data['images']}) > 50


def test_every_hard_case_occurs(dataset):
  data = load(dataset)
  kinds = collections.Counter(map(kind, data['annotations']))
  assert set(kinds) == {'polygon', 'polygons', 'str', 'list'}
  crowds = [a for a in data['annotations'] if a['iscrowd']]
  assert {kind(a) for a in crowds} == {'list'}
  labelled = {a['image_id'] for a in data['annotations']}
  assert 0 < len(data['images']) - len(labelled) < 0.1 * len(data['images'])
  areas = [a['area'] for a in data['annotations'] if not a['iscrowd']]
  assert min(areas) < 40
  assert max(areas) > 2000
  per_image = collections.Counter(a['image_id'] for a in data['annotations'])
  assert max(per_image.values()) >= shape_scenes.MAX_OBJECTS


def test_classes_follow_their_frequencies(dataset):
  data = load(dataset)
  counts = collections.Counter(
    a['category_id'] for a in data['annotations'] if not a['iscrowd']
  )
  total = sum(counts.values())
  assert sum(s.frequency for s in shapes.SHAPES) == pytest.approx(1)
  for shape in shapes.SHAPES:
    share = counts[shape.category_id] / total
    # A third off is far outside of chance for the common classes; small and
    # far-out objects are placed less often.
    assert share == pytest.approx(shape.frequency, rel=0.34, abs=0.02)
  ids = [c['id'] for c in data['categories']]
  assert ids == [s.category_id for s in shapes.SHAPES]
  assert ids != list(range(1, len(ids) + 1))


def test_ids_are_unique_over_both_splits(dataset):
  both = [load(dataset, 'train'), load(dataset, 'val')]
  for key in ('images', 'annotations'):
    ids = [item['id'] for data in both for item in data[key]]
    assert len(ids) == len(set(ids))
    assert max(ids) < 2**31


def test_colours_tell_the_classes_apart(dataset):
  data = load(dataset)
  hues = collections.defaultdict(list)
  sizes = {i['id']: i for i in data['images']}
  for annotation in data['annotations']:
    entry = sizes[annotation['image_id']]
    with Image.open(dataset / 'images' / entry['file_name']) as image:
      if image.mode != 'RGB' or annotation['area'] < 100:
        continue
      hsv = np.asarray(image.convert('HSV'))
    mask = mask_of(annotation, entry['height'], entry['width'])
    angle = hsv[mask][:, 0] / 255 * 2 * np.pi
    hues[annotation['category_id']].append(np.exp(1j * angle).mean())
  for shape in shapes.SHAPES:
    turn = np.exp(-2j * np.pi * shape.hue)
    off = np.abs(np.angle(np.array(hues[shape.category_id]) * turn))
    assert np.median(off) < 0.25
