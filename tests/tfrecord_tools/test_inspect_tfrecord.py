"""Tests the texts and drawings of the inspector."""

import glob

import numpy as np
import pytest
import verbs
from coco_folder import CocoFolder, label
from PIL import Image

from copypaste_tf import records
from tfrecord_tools import dataset_conversion
from tfrecord_tools.verbs import inspect_tfrecord


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  data = CocoFolder(tmp_path_factory.mktemp('data') / 'x')
  data.add(1, label(1), label(2, category_id=90, iscrowd=1))
  data.add(2, neg_category_ids=[3], size=(40, 50))
  data.add(3, label(3, 3))
  dataset_conversion.convert(dataset_conversion.Options(**data.flags()))
  return data


def paths(folder):
  return sorted(glob.glob(str(folder.path / 'out/*.tfrecord')))


def find(folder, **options):
  found = inspect_tfrecord.find(paths(folder), **{'limit': 0, **options})
  return {item[2].source_id: item for item in found}


def test_limit_and_source_ids_select_records(folder):
  assert set(find(folder)) == {1, 2, 3}
  assert len(find(folder, limit=2)) == 2
  assert set(find(folder, source_ids=[3, 1])) == {1, 3}
  assert set(find(folder, source_ids=[3, 77])) == {3}


def test_ids_that_are_no_numbers_are_refused():
  with pytest.raises(ValueError, match=r"expected integers, got \['3', 'x'\]"):
    inspect_tfrecord.numbers(['3', 'x'])
  assert inspect_tfrecord.numbers(['3', '-4']) == [3, -4]


def test_a_description_lists_the_objects(folder):
  found = find(folder)
  text = inspect_tfrecord.describe(*found[1])
  first, second, cat, crowd = text.splitlines()
  assert 'tfrecord: record' in first
  assert 'source_id 1  1.jpg  60x80 jpeg' in second
  assert '2 objects, 2 id planes' in second
  for word in (
    'cat',
    '8.00',
    '10.00',
    '30.00',
    '40.00',
    '660.0',
    'plane 0 id 1',
  ):
    assert word in cat
  assert 'crowd' not in cat
  assert crowd.endswith('crowd')
  assert 'été' in crowd
  assert 'neg_category_ids: [3]' in inspect_tfrecord.describe(*found[2])
  assert 'not_exhaustive' not in inspect_tfrecord.describe(*found[2])
  pseudo = found[1][2]._replace(pseudo=True)
  assert 'labelled by a model' not in text
  assert 'labelled by a model' in inspect_tfrecord.describe('', 0, pseudo)


def test_names_cannot_control_the_terminal(folder):
  path, index, record = find(folder)[1]
  names = ['\x1b[31mred', *record.class_names[1:]]
  record = record._replace(filename='1\r.jpg', class_names=names)
  text = inspect_tfrecord.describe(path, index, record)
  assert text.replace('\n', '').isprintable()
  assert '\\x1b[31mred' in text and '1\\r.jpg' in text


def test_a_description_shows_flags_and_scores(folder):
  path, index, record = find(folder)[1]
  record = record._replace(
    difficult=np.array([True, False]), scores=np.array([0.25, 1], np.float32)
  )
  _, _, cat, crowd = inspect_tfrecord.describe(path, index, record).splitlines()
  assert cat.endswith('  difficult  score 0.250')
  assert crowd.endswith('  crowd  score 1.000')


def test_drawing_marks_the_objects(folder):
  record = find(folder)[3][2]
  drawn = inspect_tfrecord.draw(record)
  plain = inspect_tfrecord.draw(
    record._replace(
      boxes=record.boxes[:0],
      classes=record.classes[:0],
      class_names=[],
      ids=record.ids[:0],
    )
  )
  (mask,) = records.instance_masks(record)
  changed = (drawn != plain).any(axis=2)
  assert drawn.shape == (60, 80, 3)
  assert changed[mask].mean() > 0.9
  assert not changed[45:, 50:].any()


def test_records_without_masks_are_drawn_with_boxes(folder):
  record = find(folder)[3][2]
  boxes = inspect_tfrecord.draw(record._replace(has_masks=False))
  assert (boxes != inspect_tfrecord.draw(record)).any()


def test_a_class_map_is_described_and_drawn(folder):
  path, index, record = find(folder)[2]
  class_map = np.zeros((40, 50), np.uint8)
  class_map[:10], class_map[30:] = 7, 255
  labelled = record._replace(class_map=class_map)
  lines = inspect_tfrecord.describe(path, index, labelled).splitlines()
  assert lines[-1] == '  class map: 0 50.0%, 7 25.0%, void 25.0%'
  changed = inspect_tfrecord.draw(labelled) != inspect_tfrecord.draw(record)
  assert changed[:10].any() and changed[30:].any()
  assert changed[15:30].mean() < 0.2


def run(*flags):
  return verbs.run_here('tfrecord_tools.inspect_tfrecord', *flags)


def test_the_command_prints_and_draws(folder, tmp_path):
  sheet = tmp_path / 'sheet.png'
  source = f'--input={folder.path}/out/*.tfrecord'
  done = run(source, '--source_id=3,1', f'--draw={sheet}')
  assert done.returncode == 0, done.stderr
  assert 'source_id 1 ' in done.stdout
  assert 'source_id 2 ' not in done.stdout
  with Image.open(sheet) as image:
    assert image.size == (160, 60)
    assert np.asarray(image).std() > 0
  done = run(source, '--source_id=3,8')
  assert done.returncode == 1
  assert 'no record has the source_id [8]' in done.stderr
