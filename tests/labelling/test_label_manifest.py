"""The manifest has the form of the converter's, for all that reads it."""

import glob
import json

import pytest
import tiny_teacher

from copypaste_tf.inputs import data_files
from copypaste_tf.labelling import label_manifest
from copypaste_tf.records import (
  category_counts,
  files,
  image_ids,
  tfds_metadata,
)
from copypaste_tf.records.record_features import Survey
from copypaste_tf.training.checks import data_checks
from tfrecord_tools import manifest as converter_manifest
from tfrecord_tools import validation


@pytest.fixture(scope='module')
def made(tmp_path_factory):
  folder = tmp_path_factory.mktemp('made')
  job = tiny_teacher.job(folder, tiny_teacher.inputs(folder))
  tiny_teacher.label(job)
  return folder


@pytest.fixture
def manifest(made):
  return json.loads((made / 'out-manifest.json').read_text())


def test_the_records_are_valid(made, manifest):
  survey = Survey()
  paths = validation.expand([f'{made}/out-*.tfrecord'])
  results = [*validation.validate(paths, manifest, survey)]
  assert sum(done for done, _ in results) == manifest['num_examples'] == 8
  assert [fault for _, faults in results for fault in faults] == []
  assert survey.objects == manifest['counts']['annotations']['written'] > 5
  assert survey.note() is None  # Every feature is known.


def test_the_checks_of_a_training_read_it(made, manifest):
  facts = data_checks.gather(f'{made}/out-*.tfrecord')
  assert facts.include_masks and facts.classes == tiny_teacher.NAMES
  assert facts.num_planes == manifest['num_planes'] >= 1
  assert facts.max_instances == manifest['max_instances'] >= 1
  assert data_files.known_count(f'{made}/out-*.tfrecord') == 8


def test_categories_are_counted_as_in_the_records(made, manifest):
  counts = category_counts.read(f'{made}/out-*.tfrecord')
  assert counts.num_records == 8 and counts.names == ['', 'disc', 'box', 'star']
  expected = [
    manifest['category_counts'][str(k)]['instances'] for k in (1, 2, 3)
  ]
  assert counts.instances.tolist() == [0, *expected] and sum(expected) > 5


def test_each_shard_is_stated(made, manifest):
  paths = sorted(glob.glob(f'{made}/out-*.tfrecord'))
  stated = files.shards(paths)
  assert [stated[path]['num_examples'] for path in paths] == [3, 1, 4]
  assert manifest['arguments']['checkpoint'] == 'a'
  assert manifest['pseudo'] and manifest['include_masks']
  assert image_ids.KEY not in manifest  # Nothing states those of the inputs.


def test_the_image_ids_are_those_of_the_inputs(tmp_path):
  paths = tiny_teacher.inputs(tmp_path, (1, 1))
  summary = image_ids.summary({1: '1.png', 2: '2.png'})
  content = {'shards': [], image_ids.KEY: summary}
  (tmp_path / 'in-manifest.json').write_text(json.dumps(content))
  made = tiny_teacher.label(tiny_teacher.job(tmp_path, paths))
  assert made[image_ids.KEY] == summary


def test_it_is_printed_as_a_table_and_in_words(manifest):
  assert '8 records in 3 shards' in converter_manifest.table(manifest)
  counted = manifest['counted']
  counted['by_class'] = {int(k): n for k, n in counted['by_class'].items()}
  text = label_manifest.text(manifest)
  written = manifest['counts']['annotations']['written']
  assert text.startswith(f'8 images with {written} labels in 3 shards\n')
  assert f'{sum(counted["by_class"].values())} labels, ' in text
  assert 'of the labels have a box with an edge more than 10 pixels' in text
  manifest['dropped']['annotations'] = {'small_area': 3}
  text = label_manifest.text(manifest)
  assert text.endswith('\ndetections left out: small_area: 3')


def test_tensorflow_datasets_finds_the_set(made, manifest):
  contents = tfds_metadata.contents(str(made))
  for name, content in contents.items():
    assert (made / name).read_bytes() == content
  (split,) = json.loads(contents[tfds_metadata.INFO])['splits']
  lengths = [str(shard['num_examples']) for shard in manifest['shards']]
  assert (split['name'], split['shardLengths']) == ('out', lengths)
