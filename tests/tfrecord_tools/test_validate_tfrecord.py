"""The command names every fault of a file, and says that there is none."""

import pytest
import verbs
from coco_folder import CocoFolder, label

from tfrecord_tools import dataset_conversion
from tfrecord_tools.verbs import validate_tfrecord


def run(*flags):
  return verbs.run_here('tfrecord_tools.validate_tfrecord', *flags)


def test_the_command_lists_the_faults(tmp_path):
  folder = CocoFolder(tmp_path / 'x')
  for number in (1, 2, 3):
    folder.add(number, label(number, number))
  options = dataset_conversion.Options(**folder.flags(num_shards=1))
  dataset_conversion.convert(options)
  out = folder.path / 'out'
  fine = run(
    f'--input={out}/*.tfrecord', f'--manifest={out}/data-manifest.json'
  )
  assert fine.returncode == 0, fine.stderr
  assert '1 files, 3 records, 0 faults.' in fine.stdout
  (tmp_path / 'labels.json').write_text('{"3": "dog"}')
  bad = run(
    f'--input={out}/data-00000-of-00001.tfrecord',
    f'--label_map={tmp_path}/labels.json',
    '--max_faults=1',
  )
  assert bad.returncode == 1
  first, second, *_ = bad.stdout.splitlines()
  assert ': record ' in first
  assert '(source_id ' in first
  assert 'image/object/class/' in first
  assert second.startswith('stopped after')


def test_other_json_files_are_no_manifest_and_no_label_map(tmp_path):
  path = tmp_path / 'x.json'
  path.write_text('{"images": []}')
  with pytest.raises(ValueError, match=r"manifest that the .*\['images'\]"):
    validate_tfrecord.read_facts(str(path), None)
  path.write_text('["cat"]')
  with pytest.raises(ValueError, match=r'x\.json: expected an object'):
    validate_tfrecord.read_facts(None, str(path))
