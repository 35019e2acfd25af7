import os

import augmented_examples
import pytest
import tensorflow_datasets as tfds

from copypaste_tf import records
from copypaste_tf.augmented import export
from copypaste_tf.augmented.record_form import RecordForm
from copypaste_tf.inputs import data_files
from copypaste_tf.records import category_counts, tfds_metadata
from tfrecord_tools import validation


@pytest.fixture
def written(tmp_path):
  """A job of three examples in two shards."""
  job = augmented_examples.make_job(tmp_path, 9)
  (tmp_path / 'out').mkdir()
  form = RecordForm(job)
  example = augmented_examples.example()
  form.join(
    [
      form.write(n, augmented_examples.items(example, ids))
      for n, ids in enumerate([[1, 2], [3]])
    ]
  )
  return job


def test_shards_hold_the_records_in_order(written):
  pattern = written.path('augmented-*')
  paths = data_files.expand(pattern)
  assert [path[-30:] for path in paths] == [
    f'augmented-0000{n}-of-00002.tfrecord'[-30:] for n in range(2)
  ]
  found = [record for _, _, record in records.read_records(paths)]
  assert [record.source_id for record in found] == [1, 2, 3]
  assert found[0].class_names == ['disc', 'disc', 'square']


def test_tensorflow_datasets_reads_them(written):
  builder = tfds.builder_from_directory(written.folder)
  assert builder.info.splits['augmented'].num_examples == 3
  assert builder.info.metadata['label_map']['augmented']['1'] == 'disc'
  shown = [*tfds.as_numpy(builder.as_dataset('augmented'))]
  assert sorted(len(x['image/object/class/label']) for x in shown) == [3] * 3
  assert shown[0]['image/encoded'].shape == (40, 60, 3)


def test_overwriting_takes_the_description_too(written):
  assert {*tfds_metadata.FILES} < {*os.listdir(written.folder)}
  export._remove(written)
  assert not os.listdir(written.folder)


def test_the_manifest_states_what_trainings_ask_for(written):
  pattern = written.path('augmented-*')
  manifest = data_files.manifest(pattern)
  assert data_files.known_count(pattern) == manifest['num_examples'] == 3
  assert data_files.label_map(pattern) == augmented_examples.NAMES
  assert (manifest['max_height'], manifest['max_width']) == (40, 60)
  assert (manifest['max_instances'], manifest['num_planes']) == (3, 1)
  counts = category_counts.read(pattern)
  assert counts.instances.tolist() == [0, 6, 3, 0, 0]


def test_the_validation_of_records_finds_no_fault(written):
  pattern = written.path('augmented-*')
  found = validation.validate(
    data_files.expand(pattern), data_files.manifest(pattern)
  )
  assert [*found] == [(1, [])] * 3
