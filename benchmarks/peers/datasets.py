"""Writes one set of images with polygons in the form of each system."""

import collections
import json
import pathlib
import shutil

from benchmarks.peers import scenes

ANNOTATIONS, IMAGES, RECORDS = 'instances.json', 'images', 'records'
LABELS = 'labels'


def prepare(data: pathlib.Path, work: pathlib.Path) -> int:
  """Writes the images of COCO's sample that have objects; crowds are left out.

  Makes a file of annotations, a folder of the images, and for Ultralytics a
  text file of polygons for each image: a line for each object, its class and
  then the corners of all its parts.

  Returns:
    The number of images.
  """
  path = data / scenes.SETS['coco']
  truth = json.loads(path.read_text())
  images = scenes.by_image(truth)
  truth['images'] = [image for image, _ in images]
  truth['annotations'] = [a for _, found in images for a in found]
  used = collections.Counter(a['category_id'] for a in truth['annotations'])
  truth['categories'] = [c for c in truth['categories'] if c['id'] in used]
  (work / ANNOTATIONS).write_text(json.dumps(truth))
  for folder in (IMAGES, LABELS):
    (work / folder).mkdir()
  for image, found in images:
    name = image['file_name']
    # Copies, because Ultralytics repairs JPEGs in place.
    shutil.copyfile(path.parent / IMAGES / name, work / IMAGES / name)
    lines = _lines(image, found, sorted(used))
    (work / LABELS / name).with_suffix('.txt').write_text('\n'.join(lines))
  return len(images)


def _lines(image, annotations, ids) -> list[str]:
  size = image['width'], image['height']
  lines = []
  for annotation in annotations:
    corners = [
      f'{min(max(v / size[i % 2], 0), 1):.6f}'
      for part in annotation['segmentation']
      for i, v in enumerate(part)
    ]
    number = ids.index(annotation['category_id'])
    lines.append(' '.join([str(number), *corners]))
  return lines


def categories(work: pathlib.Path) -> list[dict]:
  """Returns the categories of the set, by their ids."""
  truth = json.loads((work / ANNOTATIONS).read_text())
  return sorted(truth['categories'], key=lambda category: category['id'])
