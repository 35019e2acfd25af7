"""Real images of Pascal VOC from their files to a trained detector."""

import json

import pytest
import verbs

from copypaste_tf.records import voc_devkit, voc_xml

pytestmark = [pytest.mark.thorough, pytest.mark.slow]

BINDINGS = (
  'BATCH_SIZE = 4',
  'IMAGE_SIZE = (128, 128)',
  "PRECISION = 'float32'",
  'MASKS = False',
  "TaskConfig.init_checkpoint = ''",
  'TaskConfig.panels_every = 0',
  'TrainData.shuffle_buffer_size = 40',
  'EvalData.global_batch_size = 4',
  'schedule.train_steps = 50',
  'schedule.warmup_steps = 5',
  'experiment.log_every = 10',
)


@pytest.fixture(scope='module')
def recipe(real_data, tmp_path_factory):
  """Converts the 33 images; returns the flags of a training on them."""
  folder = tmp_path_factory.mktemp('voc')
  verbs.succeed(
    'tfrecord_tools.create_voc_tfrecord',
    f'--voc_dir={real_data}/voc_detection_sample/VOCdevkit',
    '--sets=2012:trainval',
    f'--output_prefix={folder}/voc',
    '--num_shards=1',
  )
  records = f"'{folder}/voc-*.tfrecord'"
  lines = [f'{name}_RECORDS = {records}' for name in ('TRAIN', 'EVAL')]
  return [
    '--gin_file=voc07_r50',
    '--gin_file=models/maskrcnn_r10_small',
    *(f'--gin_params={line}' for line in (*lines, *BINDINGS)),
  ]


def test_the_examples_can_be_looked_at(recipe, tmp_path):
  page = tmp_path / 'look.html'
  verbs.succeed(
    'copypaste_tf.visualize', *recipe, f'--output={page}', '--num_images=4'
  )
  assert page.exists()


def test_a_training_of_50_steps_learns_and_is_measured(recipe, tmp_path):
  model = tmp_path / 'model'
  verbs.succeed('copypaste_tf.train', *recipe, f'--model_dir={model}')
  lines = (model / 'history.jsonl').read_text().splitlines()
  entries = [json.loads(line) for line in lines]
  losses = [x['total_loss'] for x in entries if 'total_loss' in x]
  assert losses[-1] < 0.8 * losses[0]
  results = json.loads((model / 'results.json').read_text())['eval']
  assert 0 <= results['voc07_ap50'] <= 1 and 'voc12_ap50/person' in results


def test_the_given_detections_have_the_expected_numbers(real_data, tmp_path):
  folder = real_data / 'voc_detection_sample'
  results = []
  for entry in json.loads((folder / 'detections/detections.json').read_text()):
    left, top, right, bottom = entry['box_xyxy']
    results.append(
      {
        'image_id': voc_devkit.source_id(entry['image']),
        'category_id': voc_xml.CLASSES.index(entry['class']) + 1,
        'bbox': [left - 1, top - 1, right - left + 1, bottom - top + 1],
        'score': entry['score'],
      }
    )
  (tmp_path / 'results.json').write_text(json.dumps(results))
  verbs.succeed(
    'copypaste_tf.evaluate',
    f'--results={tmp_path}/results.json',
    f'--voc_dir={folder}/VOCdevkit',
    '--sets=2012:test',
    f'--metrics={tmp_path}/metrics.json',
  )
  metrics = json.loads((tmp_path / 'metrics.json').read_text())
  expected = json.loads((folder / 'expected_voc_ap50.json').read_text())
  for name, key in (('voc07_ap50', '11point'), ('voc12_ap50', 'area')):
    assert metrics[name] == pytest.approx(expected[key]['mean'], abs=1e-6)
    for label, value in expected[key]['per_class'].items():
      assert metrics[f'{name}/{label}'] == pytest.approx(value, abs=1e-6)
