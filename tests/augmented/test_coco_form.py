import json
import pathlib

import augmented_examples
import numpy as np
import pytest
from pycocotools import coco
from pycocotools import mask as coco_mask

from copypaste_tf import examples
from copypaste_tf.augmented.coco_form import CocoForm


@pytest.fixture
def job(tmp_path):
  return augmented_examples.make_job(tmp_path, 3)


def write(job, example):
  form = CocoForm(job)
  states = [
    form.write(n, augmented_examples.items(example, [2 * n + 1]))
    for n in range(2)
  ]
  form.join(json.loads(json.dumps(states)))
  return json.loads(pathlib.Path(form.final).read_text())


def test_pycocotools_reads_the_masks_of_the_example(job, capsys):
  example = augmented_examples.example()
  write(job, example)
  read = coco.COCO(job.path('annotations.json'))
  assert read.getImgIds() == [1, 3]
  for image in read.loadImgs([1, 3]):
    assert (image['height'], image['width']) == (40, 60)
    path = pathlib.Path(job.path('images', image['file_name']))
    assert path.read_bytes().startswith(b'\x89PNG')
    for i, entry in enumerate(read.imgToAnns[image['id']]):
      mask = coco_mask.decode(entry['segmentation']).astype(bool)
      np.testing.assert_array_equal(mask, examples.mask_of(example, i))
      assert entry['area'] == mask.sum()
      ymin, xmin, ymax, xmax = example.boxes[i].tolist()
      box = [xmin, ymin, xmax - xmin, ymax - ymin]
      np.testing.assert_allclose(entry['bbox'], box, atol=0.002)


def test_what_coco_lacks_is_added(job):
  example = augmented_examples.example()
  weighed = example._replace(weights=np.float32([1, 0.25, 1]))
  found = write(job, weighed)
  assert found['images'][0]['source_ids'] == [11, 22]
  first = [entry for entry in found['annotations'] if entry['image_id'] == 1]
  assert [entry['pasted'] for entry in first] == [0, 0, 1]
  assert [entry.get('weight') for entry in first] == [None, 0.25, None]


def test_ids_count_over_all_parts(job):
  found = write(job, augmented_examples.example())
  assert [entry['id'] for entry in found['annotations']] == [*range(1, 7)]


def test_categories_keep_their_ids_and_what_is_known_of_them(job):
  example = augmented_examples.example()
  found = write(job, example._replace(classes=np.array([1, 7, 2])))
  assert found['categories'] == [
    {'id': 1, 'name': 'disc'},
    {'id': 2, 'name': 'square'},
    {'id': 3, 'name': 'star', 'supercategory': 'figure'},
    {'id': 4, 'name': 'ring'},
    {'id': 7, 'name': '7'},
  ]
