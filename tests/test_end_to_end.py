"""The commands convert, train and evaluate on real COCO images."""

import json
import pathlib

import pytest
import verbs

RECIPE = [
  '--gin_file=coco_r50_lsj_copypaste',
  '--gin_file=models/maskrcnn_r10_small',
  '--gin_params=BATCH_SIZE=2',
  '--gin_params=IMAGE_SIZE=(256, 256)',
  "--gin_params=PRECISION='float32'",
  '--gin_params=CopyPaste.min_visible_area=20',
  '--gin_params=CopyPaste.box_tolerance=2.5',
  '--gin_params=schedule.train_steps=10',
  '--gin_params=schedule.drops=(0.5, 0.9)',
  '--gin_params=schedule.warmup_steps=2',
  '--gin_params=schedule.learning_rate=0.01',
  '--gin_params=experiment.log_every=5',
  '--gin_params=TaskConfig.panels_every=0',
]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('coco')


def _convert(sample: pathlib.Path, split, folder):
  return verbs.succeed(
    'tfrecord_tools.create_coco_tfrecord',
    f'--image_dir={sample}/images',
    f'--annotations={sample}/instances_{split}.json',
    f'--output_prefix=data/coco/{split}',
    '--num_shards=3',
    cwd=folder,
  )


@pytest.mark.slow
def test_from_annotations_to_metrics(coco_sample, folder):
  for split in ('train', 'val'):
    _convert(coco_sample, split, folder)
  manifest = json.loads((folder / 'data/coco/train-manifest.json').read_text())
  annotations = json.loads((coco_sample / 'instances_train.json').read_text())
  assert manifest['counts']['images']['written'] == len(annotations['images'])
  counts = manifest['counts']['annotations']
  assert counts['in'] == len(annotations['annotations'])
  assert counts['written'] + counts['dropped'] == counts['in']

  printed = verbs.succeed(
    'tfrecord_tools.validate_tfrecord',
    '--input=data/coco/*.tfrecord',
    cwd=folder,
  )
  assert '0 faults' in printed

  verbs.succeed(
    'copypaste_tf.visualize',
    *RECIPE,
    '--output=sheet.html',
    '--num_images=4',
    cwd=folder,
  )
  sheet = (folder / 'sheet.html').read_text()
  assert sheet.count('<img') >= 16 and 'src="http' not in sheet

  verbs.succeed(
    'copypaste_tf.train',
    *RECIPE,
    '--model_dir=model',
    '--mode=train',
    cwd=folder,
  )
  results = json.loads((folder / 'model/results.json').read_text())
  assert results['step'] == 10

  verbs.succeed(
    'copypaste_tf.evaluate',
    '--model_dir=model',
    '--output=detections.json',
    f'--annotation_file={coco_sample}/instances_val.json',
    cwd=folder,
  )
  detections = json.loads((folder / 'detections.json').read_text())
  images = json.loads((coco_sample / 'instances_val.json').read_text())
  known = {image['id'] for image in images['images']}
  assert {detection['image_id'] for detection in detections} <= known
