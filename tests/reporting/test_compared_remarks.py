import shutil

import compared_folders
import pytest
import run_folder
from line_task import LineTask

from copypaste_tf.reporting import compared_remarks
from copypaste_tf.tasks import registry


@pytest.fixture(scope='module')
def folders(tmp_path_factory):
  return compared_folders.make(tmp_path_factory.mktemp('runs'), ['a', 'b'])


def remarks(folders, *changes):
  runs = compared_folders.read(folders, changes or ({}, {}))
  return compared_remarks.remarks(runs)


def test_runs_that_differ_in_their_settings_alone_need_no_remark(folders):
  assert remarks(folders) == []


def test_other_held_out_records_are_remarked(tmp_path, folders):
  (other,) = compared_folders.make(tmp_path, ['other'])
  (text,) = remarks([folders[0], other])
  assert 'different held-out records: a: /' in text
  assert f'; other: {tmp_path}' in text
  next(tmp_path.glob('*.tfrecord')).unlink()
  (text,) = remarks([folders[0], other])
  assert text.startswith('The held-out records of other are gone')


def test_other_metrics_are_remarked(folders):
  (text,) = remarks(folders, {}, {'box_ap50': 0.5, 'box_ap50/disc': 0.4})
  assert text == 'The evaluation of a has no box_ap50.'


def test_an_unfinished_run_is_remarked(tmp_path):
  folders = compared_folders.make(tmp_path, ['done', 'stopped'])
  run_folder.write_results(folders[1], step=10)
  shutil.rmtree(folders[1] / 'train')
  assert remarks(folders) == ['stopped is at step 10 of 20.']


def test_other_code_and_packages_are_remarked(tmp_path):
  folders = compared_folders.make(tmp_path, ['old', 'new'])
  for folder, commit, package in zip(
    folders, ('a' * 40, 'b' * 40 + '+'), ('1.0', None), strict=True
  ):
    compared_folders.change_versions(
      folder, git_commit=commit, packages={'numpy': package}
    )
  assert remarks(folders) == [
    f'The runs are of different commits: old: {"a" * 12}; '
    f'new: {"b" * 12} with changes.',
    'The runs have different versions of numpy: old: 1.0; new: none.',
  ]


def test_other_tasks_are_remarked(tmp_path):
  registry.register(LineTask)
  try:
    folders = compared_folders.make(
      tmp_path, ['masks', 'line'], [f"experiment.task = '{LineTask.name}'"]
    )
    texts = remarks(folders)
  finally:
    registry.unregister(LineTask.name)
  assert texts[0].startswith('The runs are of different tasks: masks: detect')
