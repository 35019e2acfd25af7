"""A run by commands: train, evaluate, refuse another config, resume."""

import json

import pytest
import tensorflow as tf
import verbs
import yaml

SMALL = [
  '--gin_file=smoke',
  '--gin_params=BATCH_SIZE = 2',
  '--gin_params=IMAGE_SIZE = (64, 64)',
  '--gin_params=EvalData.global_batch_size = 3',
]


def train(*arguments):
  return verbs.run_here('copypaste_tf.train', *arguments)


@pytest.fixture(scope='module')
def recipe(shapes):
  return [
    *SMALL,
    f'--gin_params=TRAIN_RECORDS = "{shapes}/train-*.tfrecord"',
    f'--gin_params=EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
  ]


@pytest.fixture(scope='module')
def model_dir(tmp_path_factory, recipe):
  folder = tmp_path_factory.mktemp('run') / 'model'
  printed, rest = verbs.until(
    'done at step', 'copypaste_tf.train', *recipe, f'--model_dir={folder}'
  )
  (folder / 'stdout.txt').write_text(printed)
  (folder / 'seconds_after_the_end.txt').write_text(str(rest))
  return folder


def scalars(folder):
  """Returns the tags of all summaries but images, and the tags of images."""
  names, images = set(), set()
  for path in folder.glob('events*'):
    for event in tf.compat.v1.train.summary_iterator(str(path)):
      for value in event.summary.value:
        kind = value.metadata.plugin_data.plugin_name
        (images if kind == 'images' else names).add(value.tag)
  return names, images


@pytest.mark.slow
def test_each_loop_prints_a_line_of_progress(model_dir):
  lines = (model_dir / 'stdout.txt').read_text().splitlines()
  assert [line.split()[1] for line in lines] == ['2/4', '4/4', '4/4', 'at']
  assert 'images/s' in lines[0] and 'mask ' in lines[0]
  assert 'left' in lines[1] and 'mask_ap' in lines[2]


@pytest.mark.slow
def test_the_process_ends_with_its_last_line(model_dir):
  """The thread that tunes tf.data would sleep up to a minute."""
  assert float((model_dir / 'seconds_after_the_end.txt').read_text()) < 10


@pytest.mark.slow
def test_the_run_record_and_the_results_are_written(model_dir):
  for name in ('params.yaml', 'config.gin', 'operative.gin', 'versions.json'):
    assert (model_dir / name).stat().st_size
  results = json.loads((model_dir / 'results.json').read_text())
  assert results['step'] == 4 and results['seconds'] > 0
  assert 'mask_ap' in results['eval'] and 'total_loss' in results['train']
  history = [
    json.loads(line)
    for line in (model_dir / 'history.jsonl').read_text().splitlines()
  ]
  assert [row['step'] for row in history] == [2, 4, 4]
  assert history[0]['learning_rate'] > 0 and history[0]['gradient_norm'] > 0
  assert 0 < history[0]['input_wait'] < 1
  best = json.loads((model_dir / 'best/best.json').read_text())
  assert results['best'] == best and best['step'] == 4
  assert best.items() >= results['eval'].items()
  assert isinstance(
    json.loads((model_dir / 'detections.json').read_text()), list
  )


@pytest.mark.slow
def test_tensorboard_has_losses_rates_statistics_and_panels(model_dir):
  names, images = scalars(model_dir / 'train')
  assert {
    'total_loss',
    'mask_loss',
    'learning_rate',
    'gradient_norm',
    'host_memory_gib',
    'images_per_second',
    'images_per_second_per_replica',
    'input_wait',
    'seconds_per_step',
    'paste/objects_pasted',
    'paste/images_with_paste',
  } <= names
  assert images == {'training_batch'}
  names, _ = scalars(model_dir / 'validation')
  assert {'box_ap', 'mask_ap50'} <= names


@pytest.mark.slow
def test_the_checkpoint_evaluates_to_the_same_numbers(model_dir, tmp_path):
  metrics = tmp_path / 'metrics.json'
  done = verbs.run_here(
    'copypaste_tf.evaluate',
    f'--model_dir={model_dir}',
    f'--metrics={metrics}',
    f'--output={tmp_path}/detections.json',
  )
  assert done.returncode == 0, done.stderr
  results = json.loads((model_dir / 'results.json').read_text())['eval']
  again = json.loads(metrics.read_text())
  assert {k: again[k] for k in results} == pytest.approx(results, abs=1e-6)
  assert (tmp_path / 'detections.json').read_text() == (
    model_dir / 'detections.json'
  ).read_text()


@pytest.mark.slow
def test_the_run_is_reported(model_dir, tmp_path):
  done = verbs.run_here(
    'copypaste_tf.report',
    f'--model_dir={model_dir}',
    f'--output_dir={tmp_path}',
  )
  assert done.returncode == 0, done.stderr
  results = json.loads((model_dir / 'results.json').read_text())['eval']
  reported = json.loads((tmp_path / 'metrics.json').read_text())
  assert reported['mask_ap'] == pytest.approx(results['mask_ap'], abs=1e-6)
  assert 'Step ' in (tmp_path / 'report.html').read_text()


@pytest.fixture
def longer(model_dir, recipe):
  steps = '--gin_params=schedule.train_steps = 6'
  return [*recipe, steps, f'--model_dir={model_dir}', '--mode=train']


@pytest.mark.slow
def test_another_config_is_refused(longer):
  refused = train(*longer)
  assert refused.returncode == 1 and 'Traceback' not in refused.stderr
  assert 'trainer.train_steps: 4 -> 6' in refused.stderr


@pytest.mark.thorough
@pytest.mark.slow
def test_a_longer_config_resumes(longer, model_dir):
  gone_on = train(*longer, '--overwrite_record')
  assert gone_on.returncode == 0, gone_on.stderr
  assert gone_on.stdout.splitlines()[0].startswith('step 6/6')
  params = yaml.safe_load((model_dir / 'params.yaml').read_text())
  assert params['trainer']['train_steps'] == 6


@pytest.mark.slow
def test_problems_are_reported_before_anything_is_written(recipe, tmp_path):
  folder = tmp_path / 'model'
  missing = '--gin_params=TRAIN_RECORDS = "no/train*"'
  done = train(*recipe, missing, f'--model_dir={folder}')
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert 'create_coco_tfrecord' in done.stderr
  assert not folder.exists()
  dry = train(*recipe, '--dry_run', f'--model_dir={folder}')
  assert dry.returncode == 0 and 'trainer.train_steps = 4' in dry.stdout
  assert not folder.exists()


def test_only_a_training_compares_the_checkpoint_to_start_from(recipe):
  gone = "--gin_params=TaskConfig.init_checkpoint = 'gone'"

  def dry_run(mode):
    return train(*recipe, gone, '--dry_run', f'--mode={mode}')

  evaluated = dry_run('eval')
  assert evaluated.returncode == 0, evaluated.stderr
  trained = dry_run('train')
  assert trained.returncode == 1 and 'gone' in trained.stderr
