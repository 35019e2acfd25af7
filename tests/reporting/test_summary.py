import json

import numpy as np
import pytest
import run_folder

from copypaste_tf.reporting import run_files, summary
from copypaste_tf.reporting.events import Curve, Events
from copypaste_tf.tasks.detection.captions import CAPTIONS


@pytest.fixture(scope='module')
def run(tmp_path_factory):
  return run_files.read(str(run_folder.make(tmp_path_factory.mktemp('run'))))


def test_metrics_hold_precision_time_and_last_losses(run):
  numbers = summary.metrics(run, {'mask_ap': 0.4}, 300.0)
  assert numbers == {
    'mask_ap': 0.4,
    'seconds': 300.0,
    'train_seconds': 75.0,
    'train_steps': 20,
    'batch_size': 4,
    'images_per_second': 20.0,
    'model_loss': pytest.approx(4 / 21),
    'mask_loss': pytest.approx(1 / 21),
  }
  assert summary.metrics(run, {}, None)['seconds'] == 75.0


def test_seconds_of_an_evaluation_are_not_those_of_the_training(run):
  evaluated = run._replace(results=run.results | {'train': {}})
  assert summary.metrics(evaluated, {}, None)['train_seconds'] is None


def test_metrics_are_valid_json_even_of_a_diverged_run(run):
  nan = Curve(np.array([1, 2]), np.array([1.0, np.nan]))
  diverged = run._replace(train=Events({'model_loss': nan}, {}))
  numbers = summary.metrics(diverged, {}, None)
  assert numbers['model_loss'] is None
  json.dumps(numbers, allow_nan=False)


def test_tiles_show_the_available_numbers(run):
  numbers = summary.metrics(run, {'mask_ap': 0.4, 'box_ap': 0.5}, 300.0)
  assert summary.tiles(numbers, CAPTIONS) == [
    ('40.0', 'mask AP, %'),
    ('50.0', 'box AP, %'),
    ('20', 'training steps'),
    ('20.0', 'images per second, training'),
    ('1m15s', 'training'),
    ('5m00s', 'in all'),
  ]
  bare = run._replace(train=Events({}, {}), results={})
  assert summary.tiles(summary.metrics(bare, {}, None), CAPTIONS) == [
    ('0', 'training steps')
  ]


def test_tiles_name_the_best_checkpoint(run):
  best = {'metric': 'mask_ap', 'mask_ap': 0.45, 'step': 1200}
  numbers = summary.metrics(run._replace(best=best), {'mask_ap': 0.4}, None)
  assert numbers['best'] == best
  assert summary.tiles(numbers, CAPTIONS)[:2] == [
    ('40.0', 'mask AP, %'),
    ('45.0', 'mask AP, %, of the best checkpoint, step 1,200'),
  ]


def test_tiles_of_another_task_have_its_names(run):
  captions = CAPTIONS._replace(headlines={'miou': 'mIoU', 'accuracy': 'pixels'})
  numbers = summary.metrics(run, {'accuracy': 0.9, 'miou': 0.4}, None)
  numbers['best'] = {'metric': 'miou', 'miou': 0.45, 'step': 12}
  assert summary.tiles(numbers, captions)[:3] == [
    ('40.0', 'mIoU, %'),
    ('90.0', 'pixels, %'),
    ('45.0', 'mIoU, %, of the best checkpoint, step 12'),
  ]


def test_the_best_metric_may_have_no_caption(run):
  best = {'metric': 'box_ap_small', 'box_ap_small': 0.1, 'step': 9}
  numbers = summary.metrics(run._replace(best=best), {}, None)
  assert summary.tiles(numbers, CAPTIONS)[0] == (
    '10.0',
    'box_ap_small, %, of the best checkpoint, step 9',
  )


def test_lead_and_settings_name_the_model_and_the_recipe(run):
  lead = summary.lead(run, 'A model')
  assert lead.startswith('A model trained with Copy-Paste')
  assert 'of 4 images' in lead
  chosen = summary.settings(run)
  assert chosen['Backbone'] == 'resnet 50'
  assert chosen['Scale jitter'] == '0.1 to 2'
  assert chosen['Copy-Paste'] == (
    'a random subset of objects, onto 100 % of the images'
  )
  assert chosen['Image size'] == '1024 × 1024'


def test_settings_state_copy_paste_off_and_blending(run):
  data = run.params.task.train_data
  assert summary._copy_paste(None) == 'off'
  options = data.copy_paste.replace(
    blend_sigma=1.5, subset='one', probability=0.5
  )
  assert summary._copy_paste(options) == (
    'one object, onto 50 % of the images, blended over 1.5 pixels'
  )
  params = run.params.replace(task={'train_data': {'copy_paste': None}})
  lead = summary.lead(run._replace(params=params), 'A model')
  assert 'without Copy-Paste' in lead


def test_lead_and_settings_name_another_composition(run):
  assert 'Composition' not in summary.settings(run)
  data = {'copy_paste': None, 'composition': 'mixup(alpha=1.0)'}
  params = run.params.replace(task={'train_data': data})
  mixed = run._replace(params=params)
  assert 'trained with mixup(alpha=1.0) for' in summary.lead(mixed, 'A model')
  assert summary.settings(mixed)['Composition'] == 'mixup(alpha=1.0)'
