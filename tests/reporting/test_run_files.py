import json

import numpy as np
import pytest
import run_folder

from copypaste_tf.reporting import events, run_files


def test_all_files_of_a_run_are_read(tmp_path):
  model_dir = run_folder.make(tmp_path)
  run = run_files.read(str(model_dir))
  assert run.params.task.train_data.global_batch_size == 4
  assert 'TrainData.global_batch_size = 4' in run.gin
  assert run.versions['packages']['tensorflow']
  assert run.results['seconds'] == 75.0
  assert {found['score'] for found in run.predictions} == {0.9}
  np.testing.assert_array_equal(
    run.train.curves['mask_loss'].steps, [0, 10, 20]
  )
  assert list(run.validation.curves) == ['mask_ap']
  assert run.steps == 20


def test_the_best_checkpoint_is_read(tmp_path):
  run_folder.write_record(tmp_path, 'val.tfrecord')
  (tmp_path / 'best').mkdir()
  (tmp_path / 'best/best.json').write_text('{"step": 10}')
  assert run_files.read(str(tmp_path)).best == {'step': 10}


def test_a_run_that_has_only_started_reads(tmp_path):
  run_folder.write_record(tmp_path, 'val.tfrecord')
  run = run_files.read(str(tmp_path))
  assert run.predictions is None
  assert run.results == {}
  assert run.train == run.validation == events.Events({}, {})
  assert run.steps == 0 and run.best is None


def test_a_folder_without_a_run_is_an_error_that_says_how_to_train(tmp_path):
  with pytest.raises(ValueError, match=r'copypaste_tf\.train .*--model_dir='):
    run_files.read(str(tmp_path / 'absent'))


def test_a_damaged_file_is_named(tmp_path):
  run_folder.write_record(tmp_path, 'val.tfrecord')
  (tmp_path / 'detections.json').write_text('[{"image_id": 1')
  with pytest.raises(ValueError, match=r'detections\.json is not JSON'):
    run_files.read(str(tmp_path))


@pytest.mark.parametrize(
  ('command', 'name'),
  [
    (['train', '--gin_file=configs/smoke.gin', '--mode=train'], 'smoke'),
    (['train', '--gin_file', 'shapes_demo'], 'shapes_demo'),
    (['train', '-gin_file=a/b.gin', '--gin_file=c.gin'], 'c'),
    (['train', '--config_file=params.yaml'], 'model'),
  ],
)
def test_recipe_is_named_after_its_file(tmp_path, command, name):
  model_dir = tmp_path / 'model'
  run_folder.write_record(model_dir, 'val.tfrecord')
  versions = {'command': command}
  (model_dir / 'versions.json').write_text(json.dumps(versions))
  assert run_files.read(f'{model_dir}/').recipe == name
