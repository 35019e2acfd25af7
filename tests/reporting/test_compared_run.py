import compared_folders
import pytest
import run_folder

from copypaste_tf.reporting import compared_run, run_files


@pytest.mark.parametrize(
  ('folders', 'expected'),
  [
    (['runs/none/1', 'runs/one/1/'], ['none', 'one']),
    (['runs/none/1', 'runs/one/2'], ['none/1', 'one/2']),
    (['a/x', 'b/y', 'c/x'], ['a/x', 'b/y', 'c/x']),
    (['runs', 'runs/longer'], ['runs', 'longer']),
    (['gs://x/a', 'gs://x/a/a'], ['gs://x/a', 'gs://x/a/a']),
    (['gs://bucket/a', 'gs://bucket/b/'], ['a', 'b']),
  ],
)
def test_runs_are_named_by_what_differs_in_their_paths(folders, expected):
  assert compared_run.labels(folders) == expected


def test_a_folder_that_is_named_twice_is_refused(tmp_path):
  with pytest.raises(ValueError, match='named twice by --model_dir'):
    compared_run.labels([str(tmp_path), f'{tmp_path}/../{tmp_path.name}'])


def test_settings_that_differ_are_found(tmp_path):
  folders = compared_folders.make(
    tmp_path,
    ['off', 'on'],
    ['TrainData.copy_paste = None', 'TrainData.seed = 7'],
  )
  found = compared_run.differences(compared_folders.read(folders))
  assert found['task.train_data.seed'] == [0, 7]
  assert found['task.train_data.copy_paste.probability'] == [1.0, None]
  assert 'task.train_data.global_batch_size' not in found


def test_held_out_records_are_the_same_if_their_content_is(tmp_path, shapes):
  copy = tmp_path / 'copy'
  copy.mkdir()
  for path in shapes.glob('val*'):
    (copy / path.name).write_bytes(path.read_bytes())
  patterns = [f'{shapes}/val-*', f'{copy}/val-*', f'{shapes}/train-*', '/no/x']
  found = []
  for number, pattern in enumerate(patterns):
    run_folder.write_record(tmp_path / str(number), pattern)
    run = run_files.read(str(tmp_path / str(number)))
    found.append(compared_run.held_out(run))
  assert found[0] == found[1] != found[2]
  assert found[3] is None
  manifest = copy / 'val-manifest.json'
  # As of labelled or exported records, of which two sets may be of one size.
  stated = manifest.read_text().replace('"fingerprint"', '"unknown"')
  for change in (lambda: manifest.write_text(stated), manifest.unlink):
    change()
    run = run_files.read(str(tmp_path / '1'))
    assert compared_run.held_out(run) != found[0]


def test_other_annotations_are_other_held_out_data(tmp_path, shapes):
  found = []
  for number, name in enumerate(('a.json', 'a.json', 'b.json', '')):
    run_folder.write_record(
      tmp_path / str(number),
      f'{shapes}/val-*',
      [f"TaskConfig.annotation_file = '{name}'"],
    )
    run = run_files.read(str(tmp_path / str(number)))
    found.append(compared_run.held_out(run))
  assert found[0] == found[1] and len({*found}) == 3
