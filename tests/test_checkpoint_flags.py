import shutil

import pytest
import tensorflow as tf
from absl import flags

from copypaste_tf import checkpoint_flags
from copypaste_tf.training.run import run_record


def parse(*arguments):
  values = flags.FlagValues()
  checkpoint_flags.define(values)
  values(['verb', *arguments])
  return values


@pytest.fixture
def folder(tmp_path):
  for value in (1.0, 2.0):
    items = tf.train.Checkpoint(v=tf.Variable(value))
    manager = tf.train.CheckpointManager(
      items, str(tmp_path), 5, checkpoint_name='ckpt'
    )
    manager.save(int(value))
  return tmp_path


def test_a_given_checkpoint_replaces_the_last_one_of_the_run(folder):
  last = checkpoint_flags.checkpoint(parse(f'--model_dir={folder}'))
  assert last == f'{folder}/ckpt-2'
  first = f'{folder}/ckpt-1'
  values = parse(f'--model_dir={folder}', f'--checkpoint={first}')
  assert checkpoint_flags.checkpoint(values) == first


def test_an_error_about_a_missing_checkpoint_names_the_flag(tmp_path):
  with pytest.raises(ValueError, match='--checkpoint: .*ckpt-7'):
    checkpoint_flags.checkpoint(parse(f'--checkpoint={tmp_path}/ckpt-7'))
  with pytest.raises(ValueError, match='--model_dir=.*give --checkpoint'):
    checkpoint_flags.checkpoint(parse(f'--model_dir={tmp_path}'))


def test_a_folder_stands_for_its_last_checkpoint(folder, tmp_path_factory):
  values = parse('--model_dir=other', f'--checkpoint={folder}')
  assert checkpoint_flags.checkpoint(values) == f'{folder}/ckpt-2'
  empty = tmp_path_factory.mktemp('empty')
  with pytest.raises(ValueError, match='--checkpoint: no checkpoint in the'):
    checkpoint_flags.checkpoint(parse(f'--checkpoint={empty}'))


def test_a_config_is_needed():
  with pytest.raises(ValueError, match='--gin_file.*--model_dir'):
    checkpoint_flags.load(parse())


def test_missing_records_are_an_error_only_if_they_are_needed(tmp_path):
  missing = f"EVAL_RECORDS = '{tmp_path}/none*.tfrecord'"
  resolved = checkpoint_flags.load(
    parse('--gin_file=smoke', f'--gin_params={missing}')
  )
  checkpoint_flags.check(resolved, data=False)
  with pytest.raises(ValueError, match='validation_data.input_path'):
    checkpoint_flags.check(resolved, data=True)


@pytest.fixture
def run_folder(folder):
  """A run whose best checkpoint lies in a folder below it."""
  config = checkpoint_flags.load(parse('--gin_file=smoke'))
  (folder / 'params.yaml').write_text(run_record.to_yaml(config.params))
  (folder / 'best').mkdir()
  for path in folder.glob('ckpt-2.*'):
    shutil.copy(path, folder / 'best')
  text = 'model_checkpoint_path: "ckpt-2"'
  (folder / 'best' / 'checkpoint').write_text(text)
  return folder


@pytest.mark.parametrize('flag', ['model_dir', 'checkpoint'])
@pytest.mark.parametrize(
  ('path', 'expected'),
  [
    ('best', 'best/ckpt-2'),
    ('best/', 'best/ckpt-2'),
    ('best/ckpt-2', 'best/ckpt-2'),
    ('ckpt-1', 'ckpt-1'),
    ('ckpt-1.index', 'ckpt-1'),
  ],
)
def test_a_checkpoint_of_a_run_stands_for_its_config_too(
  run_folder, capsys, flag, path, expected
):
  values = parse(f'--{flag}={run_folder}/{path}')
  config = checkpoint_flags.load(values)
  assert config.params.task.name == 'detection'
  assert f'{run_folder}/params.yaml' in capsys.readouterr().err
  assert checkpoint_flags.checkpoint(values) == f'{run_folder}/{expected}'


def test_a_checkpoint_may_be_named_within_its_run(run_folder):
  for name, expected in (('best', 'best/ckpt-2'), ('ckpt-1', 'ckpt-1')):
    values = parse(f'--model_dir={run_folder}', f'--checkpoint={name}')
    assert checkpoint_flags.checkpoint(values) == f'{run_folder}/{expected}'


@pytest.mark.parametrize('flag', ['model_dir', 'checkpoint'])
def test_a_folder_that_is_no_run_is_named_with_its_flag(tmp_path, flag):
  with pytest.raises(ValueError, match=f'^--{flag}=.*: no params.yaml there'):
    checkpoint_flags.load(parse(f'--{flag}={tmp_path}'))


@pytest.mark.parametrize('text', ['{', '[1]', None])
def test_a_label_map_that_cannot_be_read_is_named(tmp_path, text):
  path = tmp_path / 'names.json'
  if text:
    path.write_text(text)
  resolved = checkpoint_flags.load(parse('--gin_file=smoke'))
  with pytest.raises(ValueError, match=r'names\.json'):
    checkpoint_flags.class_names(resolved, str(path))


@pytest.mark.parametrize('place', ['', '/best', '/best/ckpt-2'])
def test_names_come_from_the_run_if_its_records_are_gone(
  run_folder, place, monkeypatch
):
  monkeypatch.chdir(run_folder)  # The records of the recipe are elsewhere.
  (run_folder / 'label_map.json').write_text('{"7": "Zellkörper"}')
  flag = 'checkpoint' if place.endswith('2') else 'model_dir'
  values = parse(f'--{flag}={run_folder}{place}')
  resolved = checkpoint_flags.load(values)
  names = checkpoint_flags.class_names(resolved, None, values)
  assert names == {7: 'Zellkörper'}


def test_without_a_run_or_records_there_are_no_names(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'label_map.json').write_text('{"7": "of another run"}')
  values = parse('--gin_file=smoke')
  resolved = checkpoint_flags.load(values)
  assert checkpoint_flags.class_names(resolved, None, values) == {}
