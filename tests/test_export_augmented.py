import json

import numpy as np
import pytest
import verbs
from pycocotools import mask as coco_mask

from copypaste_tf import records
from copypaste_tf.inputs import data_files
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.tasks.detection.config import TaskConfig
from copypaste_tf.verbs import export_augmented
from tfrecord_tools import dataset_conversion


def command(shapes_params, *arguments):
  return verbs.run_here(
    'copypaste_tf.export_augmented',
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in shapes_params),
    '--gin_params=IMAGE_SIZE = (64, 64)',
    # Nobody reads these.
    '--gin_params=EVAL_RECORDS = "/none"',
    '--gin_params=TaskConfig.init_checkpoint = "/none"',
    *arguments,
  )


def test_an_export_converts_to_records_with_equal_masks(
  shapes_params, tmp_path
):
  output = tmp_path / 'out'
  done = command(shapes_params, f'--output={output}', '--examples=5')
  assert done.returncode == 0, done.stderr
  assert f'{output}/annotations.json: 5 examples with' in done.stdout
  written = json.loads((output / 'annotations.json').read_text())
  names = data_files.label_map(shapes_params[0].split('"')[1])
  assert {c['id']: c['name'] for c in written['categories']} == names
  dataset_conversion.convert(
    dataset_conversion.Options(
      image_dir=f'{output}/images',
      annotations=f'{output}/annotations.json',
      output_prefix=f'{tmp_path}/back',
      num_shards=1,
      num_workers=1,
    )
  )
  found = records.read_records(data_files.expand(f'{tmp_path}/back-*'))
  by_image = {record.source_id: record for _, _, record in found}
  assert len(by_image) == 5
  for image, record in by_image.items():
    entries = [a for a in written['annotations'] if a['image_id'] == image]
    assert record.classes.tolist() == [a['category_id'] for a in entries]
    masks = records.instance_masks(record)
    for entry, mask in zip(entries, masks, strict=True):
      expected = coco_mask.decode(entry['segmentation'])
      np.testing.assert_array_equal(mask, expected.astype(bool))
      assert entry['area'] == mask.sum()


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['--output=x'], '--examples is required'),
    (['--output=x', '--examples=0'], 'examples'),
    (
      ['--output=x', '--examples=1', '--gin_params=TRAIN_RECORDS = "/no/x"'],
      '/no/x',
    ),
  ],
)
def test_user_errors_are_one_line(shapes_params, arguments, message):
  done = command(shapes_params, *arguments)
  assert done.returncode != 0
  assert message in done.stderr + done.stdout
  assert 'Traceback' not in done.stderr


def test_class_maps_are_refused():
  task = TaskConfig(train_data=TrainData(class_maps='objects'))
  with pytest.raises(ValueError, match=r"class_maps = 'objects' trains on"):
    export_augmented.make_job(task, 'x', 1, 'png')


def test_counts_that_matter_are_described():
  total = {'examples': 9, 'labels': 30, 'pasted': 4, 'empty': 0, 'clipped': 0}
  described = export_augmented.describe(total)
  assert described == '9 examples with 30 labels, 4 of them pasted'
  total |= {'empty': 2, 'clipped': 3}
  described = export_augmented.describe(total)
  assert '2 examples have no label; 3 labels had no room' in described
