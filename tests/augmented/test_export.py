import hashlib
import itertools
import pathlib
import shutil

import augmented_examples
import pytest
import tensorflow as tf

from copypaste_tf.augmented import export, stream
from copypaste_tf.augmented.coco_form import CocoForm
from copypaste_tf.augmented.record_form import RecordForm
from copypaste_tf.file_lock import LockedError

SETTINGS = {'seed': 3, 'output_size': (64, 64)}


def run(job, overwrite=False, settings=SETTINGS):
  return export.export(job, CocoForm(job), settings, overwrite=overwrite)


def digests(job):
  folder = pathlib.Path(job.folder)
  return {
    str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).digest()
    for path in folder.rglob('*')
    if path.is_file()
  }


@pytest.fixture(scope='module')
def done(tmp_path_factory):
  """A job of 20 examples in three parts, its counts and its files."""
  job = augmented_examples.make_job(tmp_path_factory.mktemp('done'))
  total = run(job)
  return job, total, digests(job)


def test_all_examples_are_written_and_counted(done):
  job, total, files = done
  assert total['examples'] == job.count == 20
  assert total['labels'] > total['pasted'] > 0
  assert {*files} == {
    'export.json',
    'annotations.json',
    *(f'images/{n:012d}.png' for n in range(1, 21)),
  }
  assert not pathlib.Path(job.path('parts')).exists()


class KilledError(Exception):
  """Stands for the end of the process."""


def test_a_killed_export_goes_on_with_the_same_bytes(done, tmp_path):
  job, _, files = done
  other = augmented_examples.make_job(tmp_path)

  class Fragile(CocoForm):
    def write(self, part, items):
      if part == 1:
        super().write(part, itertools.islice(items, 3))
        raise KilledError
      return super().write(part, items)

  with pytest.raises(KilledError):
    export.export(other, Fragile(other), SETTINGS, overwrite=False)
  assert len(export.States(other)) == 1
  begun = pathlib.Path(other.path('images', '000000000001.png'))
  before = begun.stat().st_mtime_ns
  run(other, overwrite=True)  # Which is for finished and other exports alone.
  assert digests(other) == files
  assert begun.stat().st_mtime_ns == before  # The first part was kept.


@pytest.fixture
def quick(monkeypatch):
  """Has the same example in place of those of the pipeline."""
  example = augmented_examples.example()
  examples = (example for _ in itertools.count())
  monkeypatch.setattr(stream, 'examples', lambda *_: examples)


def test_an_export_that_was_killed_as_it_ended_is_whole(
  quick, tmp_path, monkeypatch
):
  job = augmented_examples.make_job(tmp_path)

  def killed(_):
    raise KilledError

  with monkeypatch.context() as patch:
    patch.setattr(tf.io.gfile, 'rmtree', killed)
    with pytest.raises(KilledError):
      run(job)
  whole = digests(job)
  assert any('parts' in name for name in whole)
  assert run(job)['examples'] == 20
  left = {k: v for k, v in whole.items() if 'parts' not in k}
  assert digests(job) == left
  with pytest.raises(ValueError, match='this export, finished'):
    run(job)


def test_a_second_export_to_a_folder_is_refused(quick, tmp_path):
  job = augmented_examples.make_job(tmp_path)

  class Slow(CocoForm):
    def write(self, part, items):
      for overwrite in (False, True):
        with pytest.raises(LockedError, match='exports to this folder since'):
          run(job, overwrite)
      return super().write(part, items)

  total = export.export(job, Slow(job), SETTINGS, overwrite=False)
  assert total['examples'] == 20
  assert not pathlib.Path(job.path(export.LOCK)).exists()


def test_a_finished_export_is_kept_unless_it_may_be_overwritten(done):
  job, _, files = done
  with pytest.raises(ValueError, match='this export, finished; .*--overwrite'):
    run(job)
  assert digests(job) == files


def test_an_export_of_other_settings_is_refused(done):
  job, _, files = done
  other = {'seed': 4, 'output_size': (64, 64)}
  with pytest.raises(ValueError, match=r'other settings; .*seed: 3 -> 4$'):
    run(job, settings=other)
  assert digests(job) == files


def test_overwriting_removes_what_an_export_wrote_and_no_more(done, tmp_path):
  job = augmented_examples.make_job(tmp_path, 1)
  shutil.copytree(done[0].folder, job.folder)
  own = pathlib.Path(job.path('images', 'of_mine.png'))
  own.write_text('mine')
  settings = {'seed': 4}
  export.prepare(job, RecordForm(job), settings, overwrite=True)
  left = {path.name for path in pathlib.Path(job.folder).rglob('*')}
  assert left == {'export.json', 'parts', 'images', 'of_mine.png'}


def test_a_folder_of_other_files_is_refused(tmp_path):
  job = augmented_examples.make_job(tmp_path)
  folder = pathlib.Path(job.folder)
  folder.mkdir()
  (folder / 'thesis.tex').write_text('text')
  for overwrite in (False, True):
    with pytest.raises(ValueError, match=r'new or empty .*thesis\.tex'):
      run(job, overwrite)


def test_examples_without_a_single_label_are_no_data_set(tmp_path, monkeypatch):
  job = augmented_examples.make_job(tmp_path, 2)
  example = augmented_examples.example()
  bare = example._replace(classes=0 * example.classes)
  monkeypatch.setattr(stream, 'examples', lambda *_: (bare for _ in range(2)))
  with pytest.raises(ValueError, match='none of the 2 examples has a label'):
    run(job)
  assert not pathlib.Path(job.path('annotations.json')).exists()
