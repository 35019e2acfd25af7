"""The manifest of a set counts its part of the source."""

from tfrecord_tools import dataset_manifest, manifest
from tfrecord_tools.conversion import Job
from tfrecord_tools.entries import Dataset, ImageEntry
from tfrecord_tools.faults import Drops, SourceError

COUNTS = {'images': 2, 'missing': 1, 'names': ['c.jpg']}


def state(images, size):
  tally = manifest.Tally(num_examples=images, record_categories=[''] * images)
  return {'fingerprint': 'f', 'size': size, 'tally': tally.to_json()}


def job():
  arguments = {'include_masks': True}
  return Job('i', 'o/x', 2, True, False, {}, arguments, 'f')


def dataset(**fields):
  images = {k: ImageEntry(k, (f'{k}.jpg',), ()) for k in (4, 5, 6)}
  drops = Drops()
  drops.image(9, SourceError('duplicate_image_id', ''))
  return Dataset(images, {}, 4, 0, drops, 'sha', 7, labelled=False, **fields)


def test_shards_and_source_add_up():
  source = dataset()
  tasks = {0: [source.images[5]], 1: [source.images[4]]}
  states = {1: state(1, 20), 0: state(1, 10)}
  built = dataset_manifest.build(source, tasks, states, job())
  assert [s['file'] for s in built['shards']] == [
    'x-00000-of-00002.tfrecord',
    'x-00001-of-00002.tfrecord',
  ]
  assert built['counts']['images'] == {
    'in': 4,
    'written': 2,
    'dropped': 1,
    'not_selected': 1,
  }
  assert built['dropped_in_source']['images'] == {'duplicate_image_id': 1}
  assert built['source_ids'] == {
    'smallest': 4,
    'largest': 5,
    'sample': {'4': '4.jpg', '5': '5.jpg'},
  }
  assert built['labelled'] is False and built['sources']['annotations'] == {
    'sha256': 'sha',
    'size': 7,
  }
  assert 'missing_images' not in built


def test_missing_images_are_listed_by_folder():
  source = dataset(missing={'p1': COUNTS})
  tasks = {0: [*source.images.values()], 1: []}
  built = dataset_manifest.build(source, tasks, {0: state(3, 10)}, job())
  assert built['missing_images'] == {'p1': COUNTS}
