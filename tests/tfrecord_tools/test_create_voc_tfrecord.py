"""The command converts a VOCdevkit, and says in one line what is wrong."""

import pytest
import verbs
import voc_folder
import voc_kit
from voc_kit import ENTRY

VERB = 'tfrecord_tools.create_voc_tfrecord'


@pytest.fixture
def kit(tmp_path):
  return voc_kit.Kit(tmp_path)


def run(kit, *flags, sets='2012:train'):
  kit.options()
  return verbs.run_here(
    VERB,
    f'--voc_dir={kit.path}',
    f'--sets={sets}',
    f'--output_prefix={kit.path}/out/data',
    '--num_shards=1',
    '--num_workers=1',
    *flags,
  )


def test_the_command_converts_and_the_validator_accepts(kit):
  for number in range(3):
    kit.add(f'2008_00000{number}', ENTRY)
  done = run(kit)
  assert done.returncode == 0, done.stderr
  assert '3 records in 1 shards' in done.stdout
  done = verbs.run_here(
    'tfrecord_tools.validate_tfrecord',
    f'--input={kit.path}/out/data-*.tfrecord',
    f'--manifest={kit.path}/out/data-manifest.json',
  )
  assert done.returncode == 0 and '3 records, 0 faults' in done.stdout
  again = run(kit)
  assert again.returncode == 0 and '1 of 1 shards are complete' in again.stdout
  other = run(kit, '--box_origin=0')
  assert other.returncode and 'with other flags' in other.stderr


def test_segmentation_is_converted_and_wrong_ids_are_found(kit):
  kit.add('2008_000002', None).draw([[0, 8, 255]] * 40)
  kit.file('JPEGImages', '2008_000002.jpg').write_bytes(voc_kit.jpeg((40, 3)))
  done = run(kit, '--task=segmentation')
  assert done.returncode == 0, done.stderr
  manifest = kit.path / 'out/data-manifest.json'
  command = (
    'tfrecord_tools.validate_tfrecord',
    f'--input={kit.path}/out/data-*.tfrecord',
    f'--manifest={manifest}',
  )
  assert '1 records, 0 faults' in verbs.run_here(*command).stdout
  manifest.write_text(manifest.read_text().replace('"8": "cat"', '"99": "cat"'))
  done = verbs.run_here(*command)
  assert done.returncode and '[8] are not in the label map' in done.stdout


def test_a_run_that_lost_most_of_its_labels_does_not_succeed(kit):
  kit.add('2008_000002', voc_folder.entry('lamp', (1, 1, 9, 9)))
  done = run(kit)
  assert done.returncode == 1
  assert 'Traceback' not in done.stderr and '--classes' in done.stderr


@pytest.mark.parametrize(
  ('sets', 'flags', 'message'),
  [
    (
      '2012',
      (),
      "expected sets as YEAR:SET, such as 2007:trainval, got '2012'",
    ),
    ('2012:test', (), 'there is no file'),
    ('2012:train', ('--voc_dir=nowhere',), '--voc_dir=nowhere: no such'),
    ('2012:train,2012:train', (), 'are both the image'),
    ('2012:train', ('--box_origin=2',), 'box_origin'),
    (
      '2012:train',
      ('--task=segmentation', '--skip_difficult'),
      '--skip_difficult: is not read with --task=segmentation',
    ),
    ('', (), 'such as 2007:trainval, got none'),
    ('2012:train', ('--task=boxes',), 'task'),
    ('2012:train', ('--classes=cat,cat',), '--classes: expected 1 to 254'),
  ],
)
def test_a_wrong_flag_is_one_line(kit, sets, flags, message):
  kit.add('2008_000002', ENTRY)
  done = run(kit, *flags, sets=sets)
  assert done.returncode and message in done.stderr
  assert 'Traceback' not in done.stderr


def test_the_real_sample_becomes_valid_records(real_data, tmp_path):
  prefix = tmp_path / 'train'
  done = verbs.run_here(
    VERB,
    f'--voc_dir={real_data}/voc_detection_sample/VOCdevkit',
    '--sets=2012:trainval',
    f'--output_prefix={prefix}',
    '--num_shards=1',
    '--num_workers=1',
  )
  assert done.returncode == 0, done.stderr
  assert '33 records in 1 shards' in done.stdout
  done = verbs.run_here(
    'tfrecord_tools.validate_tfrecord',
    f'--input={prefix}-*.tfrecord',
    f'--manifest={prefix}-manifest.json',
  )
  assert '33 records, 0 faults' in done.stdout, done.stdout
