"""Three real images of Pascal VOC from files to the report of a run."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
import verbs
from outline import Outline
from PIL import Image

from copypaste_tf.evaluation import miou
from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import runner

# Tests of the products and of the task cover the parts, with small inputs.
pytestmark = pytest.mark.thorough
STEPS = 30
IDS = ('2011_000003', '2011_000006', '2011_000025')
LINES = (
  "CLASS_MAPS = 'encoded'",
  'BATCH_SIZE = 3',
  'EvalData.global_batch_size = 2',
  'segmentation_model.num_classes = 21',
  'TrainData.source_size = (512, 512)',
  'ScaleJitter.min_scale = 1.0',
  'ScaleJitter.max_scale = 1.0',
  'ScaleJitter.flip_probability = 0.0',
  f'schedule.train_steps = {STEPS}',
  'IMAGE_SIZE = (448, 448)',
  'segmentation_model.head_convs = 1',
  'segmentation_model.head_filters = 128',
  'SegmentationConfig.class_weight_power = 0.65',
  'schedule.warmup_steps = 2',
  'schedule.learning_rate = 0.1',
  'schedule.warmup_learning_rate = 0.025',
  "segmentation_model.overrides = {'backbone': {'resnet': "
  "{'depth_multiplier': 1.0}}, 'decoder': {'fpn': {'num_filters': 128}}, "
  "'norm_activation': {'use_sync_bn': False, 'norm_momentum': 0.5, "
  "'norm_epsilon': 1e-4}}",
  f'experiment.log_every = {STEPS // 2}',
  f'experiment.checkpoint_every = {STEPS}',
  f'experiment.evaluate_every = {STEPS}',
)


@pytest.fixture(scope='module')
def sample(real_data):
  folder = real_data / 'voc_sample'
  if not folder.is_dir():
    pytest.skip(f'{folder} is missing')
  return folder


def convert(sample, folder):
  """Makes a VOCdevkit of the sample, and converts it; returns the folder."""
  year = folder / 'VOCdevkit/VOC2011'
  for name in ('JPEGImages', 'SegmentationClass'):
    shutil.copytree(sample / name, year / name)
  lists = year / 'ImageSets/Segmentation'
  lists.mkdir(parents=True)
  (lists / 'train.txt').write_text('\n'.join(IDS))
  done = verbs.run_here(
    'tfrecord_tools.create_voc_tfrecord',
    f'--voc_dir={folder}/VOCdevkit',
    '--sets=2011:train',
    '--task=segmentation',
    f'--output_prefix={folder}/train',
    '--num_shards=1',
  )
  assert not done.returncode, done.stderr
  return folder


@pytest.fixture(scope='module')
def trained(sample, tmp_path_factory):
  """A run that has learnt the three images, and its results."""
  folder = tmp_path_factory.mktemp('voc')
  path = str(convert(sample, folder) / 'train-*.tfrecord')
  resolved = gin_config.load(
    ['shapes_seg_cpu'],
    [f'TRAIN_RECORDS = {path!r}', f'EVAL_RECORDS = {path!r}', *LINES],
  )
  model_dir = folder / 'model'
  return model_dir, runner.run(resolved, str(model_dir), 'train_and_eval')


def truth(sample, name):
  with Image.open(sample / f'SegmentationClass/{name}.png') as image:
    return np.array(image)


def mean_iou(sample, read):
  """Returns the mean IoU of class maps that `read` returns by name."""
  counts = sum(
    miou.confusion(truth(sample, name), read(name), 21) for name in IDS
  )
  return miou.mean(miou.class_ious(counts))


def test_three_images_are_learnt_in_thirty_steps(trained):
  model_dir, results = trained
  # From random weights; a bottle of 0.2 percent of the pixels is the hardest.
  assert results['eval']['miou'] > 0.9
  assert results['eval']['pixel_accuracy'] > 0.97
  best = json.loads((model_dir / 'best/best.json').read_text())
  assert best['miou'] == results['eval']['miou']
  events = (model_dir / 'train').iterdir()
  assert sum(path.stat().st_size for path in events) > 100_000  # Panels.


def test_predictions_are_palette_pngs_of_the_same_quality(
  trained, sample, tmp_path
):
  model_dir, results = trained
  done = verbs.run_here(
    'copypaste_tf.predict',
    f'--model_dir={model_dir}',
    f'--images={sample}/JPEGImages',
    f'--output={tmp_path}',
  )
  assert not done.returncode, done.stderr
  assert '3 images, 3 class maps' in done.stdout

  def read(name):
    with Image.open(next(tmp_path.glob(f'class_maps/*{name}.png'))) as image:
      assert image.mode == 'P'
      return np.array(image)

  assert mean_iou(sample, read) == pytest.approx(results['eval']['miou'])
  assert len([*tmp_path.glob('pictures/*.png')]) == 3
  assert len(json.loads((tmp_path / 'images.json').read_text())['images']) == 3


def test_an_export_predicts_the_same(trained, sample, tmp_path):
  model_dir, results = trained
  done = verbs.run_here(
    'copypaste_tf.export',
    f'--model_dir={model_dir}',
    f'--output={tmp_path}/saved',
  )
  assert not done.returncode, done.stderr
  served = tf.saved_model.load(f'{tmp_path}/saved').signatures['bytes']
  data = [(sample / f'JPEGImages/{name}.jpg').read_bytes() for name in IDS]
  outputs = served(image_bytes=tf.constant(data))
  sizes = dict(zip(IDS, outputs['image_sizes'].numpy(), strict=True))
  maps = dict(zip(IDS, outputs['class_maps'].numpy(), strict=True))

  def read(name):
    height, width = sizes[name]
    return maps[name][:height, :width]

  assert mean_iou(sample, read) == pytest.approx(results['eval']['miou'])


def test_evaluate_repeats_the_number_and_adds_a_column(trained, tmp_path):
  model_dir, results = trained
  done = verbs.run_here(
    'copypaste_tf.evaluate',
    f'--model_dir={model_dir}',
    '--per_category',
    f'--metrics={tmp_path}/metrics.json',
    f'--output={tmp_path}/maps.json',
    '--params_override=task.eval_flip=true',
  )
  assert not done.returncode, done.stderr
  numbers = json.loads((tmp_path / 'metrics.json').read_text())
  assert numbers['miou'] == pytest.approx(results['eval']['miou'], abs=1e-4)
  assert numbers['miou_multi'] > 0.5 and numbers['iou/background'] > 0.9
  assert 'miou_multi' in done.stdout
  assert json.loads((tmp_path / 'maps.json').read_text())['counts']


def test_a_report_shows_the_class_maps(trained, tmp_path):
  model_dir, results = trained
  done = verbs.run_here(
    'copypaste_tf.report',
    f'--model_dir={model_dir}',
    f'--output_dir={tmp_path}',
  )
  assert not done.returncode, done.stderr
  numbers = json.loads((tmp_path / 'metrics.json').read_text())
  assert numbers['miou'] == pytest.approx(results['eval']['miou'])
  outline = Outline((tmp_path / 'report.html').read_text())
  percent = f'{100 * numbers["miou"]:.1f}'
  for word in (percent, 'background', 'Pixels', 'hatched'):
    assert any(word in text for text in outline.words), word
  assert 'Detections' not in outline.words


def test_the_sheet_check_and_table_know_the_task(trained, tmp_path):
  model_dir, _ = trained
  config = f'--config_file={model_dir}/params.yaml'
  done = verbs.run_here(
    'copypaste_tf.visualize',
    config,
    f'--output={tmp_path}/sheet.html',
    '--num_images=2',
  )
  assert not done.returncode, done.stderr
  assert len([*tmp_path.glob('sheet_files/*.png')]) == 2
  done = verbs.run_here('copypaste_tf.check', config)
  assert not done.returncode, done.stderr
  assert done.stdout.endswith('ok\n')
  done = verbs.run_here('copypaste_tf.model_summary', config)
  assert 'backbone' in done.stdout and 'head' in done.stdout
