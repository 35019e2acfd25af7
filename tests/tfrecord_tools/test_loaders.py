"""Tests the registry of loaders, and a conversion of a format of the test."""

import hashlib
import json
import pathlib

import numpy as np
import pytest
from coco_folder import CocoFolder
from conversions import read

from copypaste_tf import records
from copypaste_tf.records import id_planes
from tfrecord_tools import coco_json, dataset_conversion, loaders
from tfrecord_tools.entries import (
  Category,
  Dataset,
  ImageEntry,
  ObjectEntry,
  UnreadableObject,
)
from tfrecord_tools.faults import Drops, SourceError


def test_loaders_are_registered_by_name(monkeypatch):
  monkeypatch.setattr(loaders, '_LOADERS', dict(loaders._LOADERS))
  assert loaders.get('coco_json') is coco_json.load
  with pytest.raises(ValueError, match=r"one of \['coco_json', .*\], got 'x'"):
    loaders.get('x')
  loaders.register('x', toy)
  loaders.register('x', toy)
  assert loaders.get('x') is toy
  with pytest.raises(ValueError, match="another loader has the name 'x'"):
    loaders.register('x', coco_json.load)


def left_half(shape):
  mask = np.zeros(shape, bool)
  mask[:, : shape[1] // 2] = True
  return id_planes.crop(mask)


def toy(path, *, stop):
  """Loads a folder with a text file of names for each image."""
  drops, images, count = Drops(stop=stop), {}, 0
  content = b''
  for number, file in enumerate(sorted(pathlib.Path(path).glob('*.txt')), 1):
    content += file.read_bytes()
    objects = []
    for name in file.read_text().split():
      count += 1
      if name == '?':
        fault = SourceError('no_name', f'expected a name, got {name}')
        objects.append(UnreadableObject(count, fault))
        continue
      objects.append(
        ObjectEntry(1 + ord(name) - ord('a'), None, left_half, difficult=True)
      )
    images[number] = ImageEntry(number, (f'{file.stem}.jpg',), objects)
  return Dataset(
    images,
    {i: Category(i, chr(96 + i), frequency='r') for i in range(1, 4)},
    num_images=len(images),
    num_annotations=count,
    drops=drops,
    sha256=hashlib.sha256(content).hexdigest(),
    size=len(content),
  )


@pytest.mark.parametrize('workers', [1, 2])
def test_a_registered_format_is_converted(tmp_path, monkeypatch, workers):
  monkeypatch.setattr(loaders, '_LOADERS', dict(loaders._LOADERS))
  loaders.register('toy', toy)
  folder = CocoFolder(tmp_path / 'data')
  texts = folder.path / 'texts'
  texts.mkdir()
  for name, words in (('1', 'a c'), ('2', '? b'), ('3', '')):
    (texts / f'{name}.txt').write_text(words)
  for number in (1, 2, 3):
    folder.add(number)
  flags = folder.flags(annotations=str(texts), num_workers=workers)
  options = dataset_conversion.Options(**flags)
  manifest = dataset_conversion.convert(options, loader='toy')
  found = read(folder)
  assert [found[i].class_names for i in (1, 2, 3)] == [['a', 'c'], ['b'], []]
  assert found[1].difficult.tolist() == [True, True]
  (mask, _) = records.instance_masks(found[1])
  assert mask[:, :40].all() and not mask[:, 40:].any()
  assert manifest['dropped']['annotations'] == {'no_name': 1}
  assert manifest['categories']['3'] == {'frequency': 'r'}
  path = folder.path / 'out/data-manifest.json'
  assert json.loads(path.read_text()) == manifest
