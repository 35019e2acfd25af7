"""Files and folders are found here and on a remote file system alike."""

import uuid

import pytest
import tensorflow as tf
from coco_folder import CocoFolder
from conversions import cut, many

from copypaste_tf import records, whole_files
from tfrecord_tools import dataset_conversion, storage, validation


@pytest.fixture
def remote():
  """A folder in TensorFlow's file system in memory."""
  return f'ram://{uuid.uuid4().hex}'


def write(path, data):
  tf.io.gfile.makedirs(path.rpartition('/')[0])
  whole_files.write_bytes(path, data)


def test_both_kinds_of_paths_give_the_same_answers(tmp_path, remote):
  for root in (str(tmp_path), remote):
    write(f'{root}/a/b.jpg', b'123')
    assert storage.exists(f'{root}/a/b.jpg') and storage.exists(f'{root}/a')
    assert storage.is_folder(f'{root}/a')
    assert not storage.is_folder(f'{root}/a/b.jpg')
    assert storage.size(f'{root}/a/b.jpg') == 3
    assert storage.read(f'{root}/a/b.jpg') == b'123'
    assert storage.read(f'{root}/a/b.jpg', 1, 1) == b'2'
    assert storage.read(f'{root}/a/b.jpg', 2, 9) == b'3'
    assert storage.names(f'{root}/a') == ['b.jpg']
    for none in (f'{root}/a/c.jpg', f'{root}/c/b.jpg'):
      assert not storage.exists(none) and not storage.is_folder(none)
      assert storage.size(none) == -1
      assert storage.read(none) is None
      assert storage.names(none) == []


def test_a_remote_folder_is_listed_without_its_folders(remote):
  files = ['1.jpg', 'a/2.jpg', 'a/b/3.jpg', 'a/b/4.jpg', 'c/5.jpg']
  for file in files:
    write(f'{remote}/images/{file}', b'')
  for folder in ('images', 'images/'):
    found = list(storage.remote_files(f'{remote}/{folder}'))
    assert sorted(found) == files
  assert found[0] == '1.jpg'
  assert list(storage.remote_files(f'{remote}/none')) == []


def test_a_remote_file_system_that_does_not_answer_is_no_missing_file():
  path = 'nosuch://bucket/1.jpg'
  for question in (
    storage.exists,
    storage.is_folder,
    storage.size,
    storage.read,
  ):
    with pytest.raises(OSError, match='nosuch') as caught:
      question(path)
    assert caught.value.filename == path


def on_remote(folder, remote, **changes):
  """Copies a data set to a remote folder; returns the options there."""
  local = folder.flags()
  for path in folder.path.rglob('*'):
    if path.is_file():
      name = path.relative_to(folder.path).as_posix()
      write(f'{remote}/{name}', path.read_bytes())
  return dataset_conversion.Options(
    **local
    | {
      'image_dir': f'{remote}/images',
      'annotations': f'{remote}/instances.json',
      'output_prefix': f'{remote}/out/data',
    }
    | changes
  )


def content(folder):
  names = tf.io.gfile.listdir(folder)
  return {name: storage.read(f'{folder}/{name}') for name in names}


@pytest.mark.parametrize('beam_args', [None, '--runner=FnApiRunner'])
def test_a_remote_conversion_gives_the_files_of_a_local_one(
  tmp_path, remote, beam_args
):
  if beam_args:
    pytest.importorskip('apache_beam', reason='needs the extra beam')
  folder = many(CocoFolder(tmp_path / 'data'), 6)
  folder.images[1]['file_name'] = 'elsewhere/2.JPG'
  cut(folder.path / 'images/3.jpg')
  (folder.path / 'images/4.jpg').unlink()
  local = dataset_conversion.convert(
    dataset_conversion.Options(**folder.flags())
  )
  out = folder.path / 'out'
  expected = {path.name: path.read_bytes() for path in out.iterdir()}
  for path in out.iterdir():
    path.unlink()
  workers = None if beam_args else 1
  options = on_remote(folder, remote, num_workers=workers, beam_args=beam_args)
  manifest = dataset_conversion.convert(options)
  assert manifest['dropped']['images'] == {
    'corrupt_image': 1,
    'missing_image': 1,
  }
  assert manifest['notes'] == local['notes']
  assert local['notes'] == {'images_found_by_similar_names': 1}
  found = content(f'{remote}/out')
  assert sorted(found) == sorted(expected)
  shards = {name for name in expected if name.endswith('.tfrecord')}
  assert {n: found[n] for n in shards} == {n: expected[n] for n in shards}


def test_a_remote_conversion_goes_on_and_is_refused_as_a_local_one(
  tmp_path, remote, capsys
):
  folder = many(CocoFolder(tmp_path / 'data'), 6)
  options = on_remote(folder, remote)
  dataset_conversion.convert(options)
  expected = content(f'{remote}/out')
  tf.io.gfile.remove(f'{remote}/out/data-00001-of-00002.tfrecord')
  write(f'{remote}/out/.data-00001-of-00002.tfrecord.0a.tmp', b'half')
  dataset_conversion.convert(options)
  assert content(f'{remote}/out') == expected
  assert '1 of 2 shards are complete' in capsys.readouterr().out
  other = on_remote(folder, remote, seed=1)
  with pytest.raises(ValueError, match='ram://.*--overwrite'):
    dataset_conversion.convert(other)
  paths = validation.expand([f'{remote}/out/data-*.tfrecord'])
  assert len(paths) == 2
  assert not any(faults for _, faults in validation.validate(paths))
  assert len(list(records.read_records(paths))) == 6


def test_what_is_missing_on_a_remote_file_system_is_named(tmp_path, remote):
  folder = many(CocoFolder(tmp_path / 'data'), 2)
  for changes, message in (
    ({'image_dir': f'{remote}/none'}, 'none: no such folder'),
    ({'annotations': f'{remote}/none.json'}, 'none.json: no such file'),
  ):
    with pytest.raises(FileNotFoundError, match=message):
      dataset_conversion.convert(on_remote(folder, remote, **changes))
