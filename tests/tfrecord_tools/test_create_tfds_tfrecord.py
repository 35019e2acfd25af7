import json

import prepared_tfds
import pytest
import verbs
from coco_folder import CocoFolder, label


@pytest.fixture
def prepared(tmp_path):
  folder = CocoFolder(tmp_path / 'data')
  lists = {'neg_category_ids': [], 'not_exhaustive_category_ids': []}
  folder.add(139, label(1, 139), **lists)
  prepared_tfds.lvis(tmp_path / 'tfds', folder)
  return tmp_path / 'tfds'


def run(out, **values):
  values = {'num_shards': 1, 'num_workers': 1, **values}
  arguments = [f'--{key}={value}' for key, value in values.items()]
  return verbs.run_here(
    'tfrecord_tools.create_tfds_tfrecord',
    f'--output_prefix={out}/out/train',
    *arguments,
  )


def test_a_prepared_data_set_is_converted_and_a_mistake_is_a_line(
  tmp_path, prepared
):
  done = run(tmp_path, tfds='lvis:train', tfds_dir=prepared)
  assert not done.returncode, done.stderr
  assert '1 records in 1 shards' in done.stdout
  manifest = json.loads((tmp_path / 'out/train-manifest.json').read_text())
  assert manifest['arguments']['sets'] == ['lvis:train']
  assert manifest['include_masks'] is True
  for values, said in {
    ('lvis:val', prepared): "expected splits of ['train'], got 'val'",
    ('voc/2007', prepared): 'download_and_prepare()',
    ('lvis', f'{prepared}/none'): '/none: no such folder',
  }.items():
    done = run(tmp_path, tfds=values[0], tfds_dir=values[1])
    assert done.returncode == 1 and said in done.stderr
    assert 'Traceback' not in done.stderr
