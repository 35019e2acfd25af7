"""A COCO file of labels holds what the records hold, scores too."""

import glob
import json

import numpy as np
import tiny_teacher

from copypaste_tf import records
from copypaste_tf.evaluation import groundtruth
from copypaste_tf.labelling import label_json
from tfrecord_tools import dataset_conversion


def read(prefix):
  paths = sorted(glob.glob(f'{prefix}-*.tfrecord'))
  found = records.read_records(paths)
  return paths, {record.source_id: record for _, _, record in found}


def test_the_file_is_the_ground_truth_of_the_records(tmp_path):
  job = tiny_teacher.job(tmp_path, tiny_teacher.inputs(tmp_path))
  tiny_teacher.label(job)
  paths, made = read(f'{tmp_path}/out')
  path = tmp_path / 'labels.json'
  counts = label_json.write(str(path), paths, tiny_teacher.NAMES)
  content = json.loads(path.read_text())
  truth = groundtruth.from_records(paths)
  assert content['images'] == truth['images']
  assert content['annotations'] == truth['annotations']
  assert counts == (len(truth['images']), len(truth['annotations']))
  assert [c['id'] for c in content['categories']] == [1, 2, 3]
  assert len(made) == 8 and 'score' in content['annotations'][0]
  _convert_and_compare(tmp_path, path, made)


def _convert_and_compare(folder, path, made):
  (folder / 'images').mkdir()
  for record in made.values():
    (folder / 'images' / record.filename).write_bytes(record.image_bytes)
  dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=f'{folder}/images',
      annotations=str(path),
      output_prefix=f'{folder}/again',
      num_shards=1,
      num_workers=1,
    )
  )
  _, again = read(f'{folder}/again')
  assert again.keys() == made.keys()
  for key, record in made.items():
    other = again[key]
    np.testing.assert_array_equal(other.classes, record.classes)
    if len(record.classes):  # A file cannot say that an image has scores.
      np.testing.assert_allclose(other.scores, record.scores, rtol=1e-6)
    np.testing.assert_array_equal(
      [*records.instance_masks(other)], [*records.instance_masks(record)]
    )


def test_no_record_gives_a_file_without_entries(tmp_path):
  path = tmp_path / 'labels.json'
  assert label_json.write(str(path), [], {1: 'disc'}) == (0, 0)
  content = json.loads(path.read_text())
  assert content['images'] == content['annotations'] == []
  assert content['categories'] == [{'id': 1, 'name': 'disc'}]
