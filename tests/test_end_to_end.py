"""The whole chain on real COCO images, as a user types it."""

import json
import pathlib
import subprocess
import sys

import pytest

RECIPE = [
  '--gin_file=coco_r50_lsj_copypaste',
  '--gin_file=models/maskrcnn_r10_small',
  '--gin_params=BATCH_SIZE=4',
  '--gin_params=IMAGE_SIZE=(256, 256)',
  "--gin_params=PRECISION='float32'",
  '--gin_params=CopyPaste.min_visible_area=20',
  '--gin_params=CopyPaste.box_tolerance=2.5',
  '--gin_params=schedule.train_steps=50',
  '--gin_params=schedule.warmup_steps=10',
  '--gin_params=schedule.learning_rate=0.01',
  '--gin_params=experiment.log_every=10',
]


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('coco')


def _run(module, *flags, folder):
  done = subprocess.run(
    [sys.executable, '-m', module, *flags],
    cwd=folder,
    capture_output=True,
    text=True,
    check=False,
  )
  assert not done.returncode, f'{module}\n{done.stdout}\n{done.stderr}'
  return done.stdout


def _convert(sample: pathlib.Path, split, folder):
  return _run(
    'tfrecord_tools.create_coco_tfrecord',
    f'--image_dir={sample}/images',
    f'--annotations={sample}/instances_{split}.json',
    f'--output_prefix=data/coco/{split}',
    '--num_shards=3',
    folder=folder,
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

  printed = _run(
    'tfrecord_tools.validate_tfrecord',
    '--input=data/coco/*.tfrecord',
    folder=folder,
  )
  assert '0 faults' in printed

  _run(
    'copypaste_tf.visualize',
    *RECIPE,
    '--output=sheet.html',
    '--num_images=4',
    folder=folder,
  )
  sheet = (folder / 'sheet.html').read_text()
  assert sheet.count('<img') >= 16 and 'src="http' not in sheet

  _run(
    'copypaste_tf.train',
    *RECIPE,
    '--model_dir=model',
    '--mode=train',
    folder=folder,
  )
  results = json.loads((folder / 'model/results.json').read_text())
  assert results['step'] == 50

  _run(
    'copypaste_tf.evaluate',
    '--model_dir=model',
    '--output=detections.json',
    f'--annotation_file={coco_sample}/instances_val.json',
    folder=folder,
  )
  detections = json.loads((folder / 'detections.json').read_text())
  images = json.loads((coco_sample / 'instances_val.json').read_text())
  known = {image['id'] for image in images['images']}
  assert {detection['image_id'] for detection in detections} <= known
