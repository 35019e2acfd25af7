"""Images without labels become records by the COCO converter's own steps."""

import json
import shutil

import pytest
import verbs
from coco_folder import CocoFolder, label
from conversions import assert_adds_up, convert, cut, digests, read

from copypaste_tf import records
from tfrecord_tools import dataset_conversion
from tfrecord_tools.faults import ConversionError

# Where three images of Objects365 may lie; the file names the first layout.
LAYOUTS = {
  'as_named': 'images/v1/patch{0}/objects365_v1_0000000{0}.jpg',
  'patch_folders': 'patch{0}/objects365_v1_0000000{0}.jpg',
  'flat': 'objects365_v1_0000000{0}.jpg',
}


@pytest.fixture
def folder(tmp_path):
  return CocoFolder(tmp_path / 'data')


def convert_images(folder, loader='image_folder', **changes):
  settings = folder.flags(**changes)
  if loader == 'image_folder':
    settings['annotations'] = settings['image_dir']
  options = dataset_conversion.Options(**settings)
  return dataset_conversion.convert(options, loader=loader)


def run(folder, **changes):
  settings = folder.flags(**changes)
  arguments = [f'--{k}={v}' for k, v in settings.items() if v is not None]
  return verbs.run_here('tfrecord_tools.create_image_tfrecord', *arguments)


def test_a_folder_becomes_records_without_labels(folder):
  paths = [folder.add(i, name=f'{i:012d}.jpg') for i in (9, 25, 139)]
  manifest = convert_images(folder)
  found = read(folder)
  assert sorted(found) == [9, 25, 139]
  assert [found[i].image_bytes for i in (9, 25, 139)] == [
    path.read_bytes() for path in paths
  ]
  assert found[139].filename == '000000000139.jpg'
  assert (found[9].height, found[9].width) == (60, 80)
  assert not any(len(record.classes) for record in found.values())
  assert manifest['label_map'] == {} and manifest['labelled'] is False
  assert manifest['arguments']['loader'] == 'image_folder'
  assert_adds_up(manifest)


def test_the_verbs_for_records_take_images_without_labels(folder):
  folder.add(1)
  done = run(folder, annotations=None, num_shards=1)
  assert not done.returncode, done.stderr
  assert '1 records in 1 shards' in done.stdout
  shards = f'--input={folder.path}/out/data-*.tfrecord'
  manifest = f'--manifest={folder.path}/out/data-manifest.json'
  done = verbs.run_here('tfrecord_tools.validate_tfrecord', shards, manifest)
  assert not done.returncode and '1 records, 0 faults' in done.stdout
  drawn = f'--draw={folder.path}/drawn.png'
  done = verbs.run_here('tfrecord_tools.inspect_tfrecord', shards, drawn)
  assert not done.returncode and '0 objects' in done.stdout
  assert (folder.path / 'drawn.png').exists()


@pytest.mark.parametrize('extra', [{}, {'annotations': [], 'categories': []}])
def test_a_list_of_images_alone_is_enough(folder, extra):
  folder.add(7, name='a.jpg')
  path = folder.path / 'image_info.json'
  path.write_text(json.dumps({'images': folder.images, **extra}))
  manifest = convert_images(folder, 'image_json', annotations=str(path))
  assert list(read(folder)) == [7]
  assert manifest['notes'] == {}
  done = run(folder, annotations=path)
  assert not done.returncode, done.stderr


def test_labels_are_counted_and_not_read(folder, capsys):
  folder.add(7, label(1, 7), label(2, 7, category_id=5), width=9)
  manifest = convert_images(folder, 'image_json')
  assert manifest['counts']['annotations']['in'] == 0
  assert manifest['notes'] == {'annotations_not_read': 2}
  assert manifest['label_map'] == {}
  assert '2 annotations are not read' in capsys.readouterr().out
  assert len(read(folder)[7].classes) == 0


def test_records_of_one_file_with_and_without_labels_do_not_mix(folder):
  folder.add(7, label(1, 7))
  convert(folder)
  with pytest.raises(ValueError, match='--overwrite'):
    convert_images(folder, 'image_json')


@pytest.mark.parametrize('layout', LAYOUTS)
def test_images_of_objects365_are_found_in_each_layout(folder, layout, capsys):
  for number in range(1, 13):
    name = LAYOUTS['as_named'].format(number)
    path = folder.add(number, label(number, number), name=name)
    moved = folder.path / 'images' / LAYOUTS[layout].format(number)
    moved.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, moved)
  moved.unlink()  # As three images that are in no archive.
  manifest = convert_images(folder, 'image_json', id_offset=10**9)
  assert sorted(read(folder)) == [10**9 + i for i in range(1, 12)]
  assert manifest['missing_images'] == {
    'images/v1/patch12': {
      'images': 1,
      'missing': 1,
      'names': ['objects365_v1_00000001' + '2.jpg'],
    }
  }
  assert 'images/v1/patch12: 1 of 1 images are missing' in (
    capsys.readouterr().out
  )
  assert_adds_up(manifest)


def test_an_offset_moves_ids_in_records_and_manifest(folder):
  folder.add(7, name='7.jpg')
  folder.add(8, id='a-b')
  plain = convert_images(folder, 'image_json')
  before = sorted(read(folder))
  moved = convert_images(
    folder, 'image_json', id_offset=2 * 10**9, overwrite=True
  )
  assert sorted(read(folder)) == [2 * 10**9 + number for number in before]
  assert moved['arguments']['id_offset'] == 2 * 10**9
  assert 'id_offset' not in plain['arguments']
  assert moved['image_ids']['a-b'] == plain['image_ids']['a-b'] + 2 * 10**9
  assert moved['source_ids']['smallest'] == 2 * 10**9 + 7
  assert moved['source_ids']['sample'][str(2 * 10**9 + 7)] == '7.jpg'


def test_a_rerun_gives_the_same_bytes_and_new_images_are_no_rerun(folder):
  for number in range(1, 9):
    folder.add(number)
  convert_images(folder)
  whole = digests(folder)
  (folder.path / 'out/data-00001-of-00002.tfrecord').unlink()
  convert_images(folder)
  assert digests(folder) == whole
  folder.add(9)
  with pytest.raises(ValueError, match='other annotations or images'):
    convert_images(folder)
  assert convert_images(folder, overwrite=True)['num_examples'] == 9


def test_fractions_and_splits_are_those_of_the_converter(folder):
  for number in range(1, 13):
    folder.add(number, label(number, number))
  convert_images(folder, fraction=0.5)
  half = set(read(folder))
  convert(folder, fraction=0.5, overwrite=True)
  assert set(read(folder)) == half and len(half) == 6
  done = run(folder, annotations=None, split='a:0.5,b:0.5', overwrite=True)
  assert not done.returncode, done.stderr
  parts = [set(read(folder, f'data-{name}')) for name in 'ab']
  assert parts[0] | parts[1] == {*range(1, 13)} and not parts[0] & parts[1]


def test_a_damaged_image_is_counted_or_stops(folder):
  folder.add(1)
  cut(folder.add(2))
  manifest = convert_images(folder)
  assert manifest['dropped']['images'] == {'corrupt_image': 1}
  with pytest.raises(ConversionError, match='image 2: corrupt_image'):
    convert_images(folder, on_error='fail', overwrite=True, num_shards=1)


def test_too_large_a_loss_is_an_error_of_one_line(folder):
  for number in range(1, 5):
    cut(folder.add(number))
  done = run(folder, annotations=None)
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert 'no image of 4 could be converted' in done.stderr
  assert run(folder, annotations=None, max_dropped=1).returncode == 1


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'images': '*.jpg'}, 'give one of the two'),
    ({'annotations': None, 'images': 'x/*.jpg'}, '--images=x/*.jpg matches no'),
    ({'annotations': None, 'image_dir': '/no/folder'}, 'no such folder'),
    ({'annotations': '/no/file.json'}, '/no/file.json: no such file'),
    ({'id_offset': -1}, '--id_offset=-1'),
  ],
)
def test_a_mistake_is_one_line(folder, changes, message):
  folder.add(1)
  done = run(folder, **changes)
  assert done.returncode and 'Traceback' not in done.stderr
  assert message in done.stderr


def test_real_images_are_converted_byte_for_byte(coco_sample, tmp_path):
  options = dataset_conversion.Options(
    image_dir=str(coco_sample / 'images'),
    annotations=str(coco_sample / 'instances_val.json'),
    output_prefix=str(tmp_path / 'x'),
    num_shards=1,
    num_workers=1,
    fraction=0.2,
    on_error='fail',
  )
  manifest = dataset_conversion.convert(options, loader='image_json')
  read_back = records.read_records(
    [str(tmp_path / manifest['shards'][0]['file'])]
  )
  found = [record for _, _, record in read_back]
  assert len(found) == 22
  for record in found:
    path = coco_sample / 'images' / record.filename
    assert record.image_bytes == path.read_bytes()
    assert record.source_id == int(path.stem)
