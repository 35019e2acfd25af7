"""One set of images is written in the form of each system."""

import json

from benchmarks.peers import datasets, scenes

TRUTH = {
  'images': [
    {'id': 1, 'height': 10, 'width': 20, 'file_name': 'one.jpg'},
    {'id': 2, 'height': 10, 'width': 20, 'file_name': 'empty.jpg'},
  ],
  'annotations': [
    {
      'image_id': 1,
      'category_id': 7,
      'segmentation': [[2, 1, 4, 1, 4, 3], [10, 5, 21, 5, 12, 9]],
    }
  ],
  'categories': [{'id': 3, 'name': 'unused'}, {'id': 7, 'name': 'used'}],
}


def test_images_with_objects_are_written_in_each_form(tmp_path):
  path = tmp_path / 'data' / scenes.SETS['coco']
  (path.parent / 'images').mkdir(parents=True)
  path.write_text(json.dumps(TRUTH))
  for name in ('one.jpg', 'empty.jpg'):
    (path.parent / 'images' / name).write_bytes(name.encode())
  work = tmp_path / 'work'
  work.mkdir()
  assert datasets.prepare(tmp_path / 'data', work) == 1
  assert [p.name for p in (work / 'images').iterdir()] == ['one.jpg']
  assert not (work / 'images' / 'one.jpg').is_symlink()
  assert datasets.categories(work) == [{'id': 7, 'name': 'used'}]
  line = (work / 'labels' / 'one.txt').read_text().split()
  assert line[:5] == ['0', '0.100000', '0.100000', '0.200000', '0.100000']
  assert line[7:11] == ['0.500000', '0.500000', '1.000000', '0.500000']
