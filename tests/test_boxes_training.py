"""A training on boxes alone, from records without masks, measured as VOC."""

import json

import pytest
import verbs

from tfrecord_tools import dataset_conversion

pytestmark = [pytest.mark.thorough, pytest.mark.slow]


@pytest.fixture
def box_params(shapes, tmp_path):
  for split in ('train', 'val'):
    dataset_conversion.convert(
      dataset_conversion.Options(
        image_dir=f'{shapes}/images',
        annotations=f'{shapes}/instances_{split}.json',
        output_prefix=f'{tmp_path}/{split}',
        num_shards=1,
        num_workers=1,
        include_masks=False,
      )
    )
  lines = [
    f'TRAIN_RECORDS = "{tmp_path}/train-*.tfrecord"',
    f'EVAL_RECORDS = "{tmp_path}/val-*.tfrecord"',
    'BATCH_SIZE = 2',
    'IMAGE_SIZE = (64, 64)',
    'EvalData.global_batch_size = 3',
    'TrainData.masks = False',
    'TrainData.copy_paste = None',
    "model.overrides = {'include_mask': False}",
    "TaskConfig.evaluation = 'voc'",
  ]
  return [f'--gin_params={line}' for line in lines]


def test_a_run_trains_evaluates_keeps_the_best_and_reports(
  box_params, tmp_path
):
  model = tmp_path / 'model'
  verbs.succeed(
    'copypaste_tf.train',
    '--gin_file=smoke',
    *box_params,
    f'--model_dir={model}',
  )
  results = json.loads((model / 'results.json').read_text())
  assert 'mask_loss' not in results['train']
  assert 0 <= results['eval']['voc07_ap50'] <= 1
  assert 'voc12_ap50/disc' in results['eval']
  best = json.loads((model / 'best/best.json').read_text())
  assert 'voc07_ap50' in json.dumps(best)
  table = verbs.succeed('copypaste_tf.evaluate', f'--model_dir={model}')
  assert table.split()[:3] == ['voc07', 'voc12', 'ap50'] and 'disc' in table
  report = tmp_path / 'report'
  verbs.succeed(
    'copypaste_tf.report', f'--model_dir={model}', f'--output_dir={report}'
  )
  assert 'VOC 2007, 11 points' in (report / 'report.html').read_text()
