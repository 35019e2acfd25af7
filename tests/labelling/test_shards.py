"""A shard is labelled whole, and only mixed with shards of the same job."""

import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tiny_teacher

from copypaste_tf import records
from copypaste_tf.labelling import shard_files, shards
from copypaste_tf.labelling.thresholds import Thresholds


@pytest.fixture
def paths(tmp_path):
  return tiny_teacher.inputs(tmp_path, (3, 2))


def write(job, index=0, on_image=lambda: None):
  return shards.write(index, job, tiny_teacher.teacher(), on_image)


def read(path):
  return [record for _, _, record in records.read_records([path])]


def test_a_shard_keeps_number_count_and_images(tmp_path, paths):
  job, images = tiny_teacher.job(tmp_path, paths), []
  state = write(job, on_image=lambda: images.append(1))
  path = f'{tmp_path}/out-00000-of-00002.tfrecord'
  made, given = read(path), read(paths[0])
  assert len(made) == len(images) == len(given) == 3
  for one, other in zip(made, given, strict=True):
    for name in ('image_bytes', 'filename', 'source_id', 'height', 'width'):
      assert getattr(one, name) == getattr(other, name)
    assert one.pseudo and not other.pseudo
    assert one.scores.shape == one.classes.shape
    assert {*one.class_names} <= {*tiny_teacher.NAMES.values()}
  assert sum(len(one.classes) for one in made) > 3
  stored = json.loads((tmp_path / f'{path}.json').read_text())
  assert stored == json.loads(json.dumps(state))
  assert stored['size'] == (tmp_path / path).stat().st_size


@pytest.mark.parametrize('mask_pngs', [False, True])
def test_pngs_of_masks_are_optional(tmp_path, paths, mask_pngs):
  write(tiny_teacher.job(tmp_path, paths, mask_pngs=mask_pngs))
  data = next(
    iter(records.read_serialized([f'{tmp_path}/out-00000-of-00002.tfrecord']))
  )[2]
  example = tf.train.Example.FromString(data).features.feature
  assert bool(example['image/object/mask'].bytes_list.value) == mask_pngs
  assert example['image/planes'].bytes_list.value


def test_the_same_job_gives_the_same_bytes(tmp_path, paths):
  job = tiny_teacher.job(tmp_path, paths)
  write(job)
  first = tiny_teacher.outputs(tmp_path)
  write(job)
  assert tiny_teacher.outputs(tmp_path) == first and len(first) == 2


def with_broken_image(tmp_path):
  good = tiny_teacher.image_record(5)
  broken = good._replace(image_bytes=b'none', source_id=6)
  path = f'{tmp_path}/in-00000-of-00001.tfrecord'
  tiny_teacher.write(path, [good, broken, good._replace(source_id=7)])
  return [path]


def test_an_unreadable_image_is_left_out_and_counted(tmp_path):
  job, images = tiny_teacher.job(tmp_path, with_broken_image(tmp_path)), []
  tally = write(job, on_image=lambda: images.append(1))['tally']
  assert len(images) == 3  # The progress counts it, too.
  assert [one.source_id for one in read(job.path(0))] == [5, 7]
  assert tally['images_dropped'] == {'undecodable_image': 1}
  (example,) = tally['examples']['undecodable_image']
  assert example['place'] == 'in-00000-of-00001.tfrecord: record 1, image 6'


def test_an_unreadable_image_may_stop_the_run(tmp_path):
  job = tiny_teacher.job(tmp_path, with_broken_image(tmp_path), stop=True)
  with pytest.raises(ValueError, match='in-00000.*: record 1, image 6: '):
    write(job)
  assert not tiny_teacher.outputs(tmp_path)


def test_a_truncated_input_is_an_error_and_no_shard(tmp_path, paths):
  file = pathlib.Path(paths[0])
  file.write_bytes(file.read_bytes()[:-10])
  with pytest.raises(ValueError, match='record 2: the file is truncated'):
    write(tiny_teacher.job(tmp_path, paths))
  assert not tiny_teacher.outputs(tmp_path)


def test_a_folder_that_is_gone_is_named(tmp_path, paths):
  job = tiny_teacher.job(tmp_path / 'gone', paths)
  (tmp_path / 'gone').mkdir()

  def lose(*_):
    shutil.rmtree(tmp_path / 'gone', ignore_errors=True)

  with pytest.raises(ValueError, match='gone/out-00000-of-00002.tfrecord: '):
    write(job, on_image=lose)


def test_finished_shards_are_found(tmp_path, paths):
  job = tiny_teacher.job(tmp_path, paths)
  assert shards.prepare(job, overwrite=False) == {}
  write(job, 1)
  assert [*shards.prepare(job, overwrite=False)] == [1]
  assert shards.is_finished(job, 1) and not shards.is_finished(job, 0)
  tf.io.gfile.remove(job.path(1))  # Killed before the shard appeared.
  assert shards.prepare(job, overwrite=False) == {}


CHANGES = {
  'checkpoint': {'checkpoint': 'b'},
  'thresholds': {'thresholds': Thresholds(0.2)},
  'class threshold': {'thresholds': Thresholds(0.1, {2: 0.5})},
}


@pytest.mark.parametrize('change', CHANGES)
def test_shards_of_other_settings_are_not_mixed(tmp_path, paths, change):
  write(tiny_teacher.job(tmp_path, paths))
  other = tiny_teacher.job(tmp_path, paths, **CHANGES[change])
  part = change.split()[-1].removesuffix('s')
  with pytest.raises(ValueError, match=f'another way: {part}.* instead of'):
    shards.prepare(other, overwrite=False)
  assert len(tiny_teacher.outputs(tmp_path)) == 2
  assert shards.prepare(other, overwrite=True) == {}
  assert not tiny_teacher.outputs(tmp_path)


def test_shards_of_another_input_are_not_mixed(tmp_path, paths):
  write(tiny_teacher.job(tmp_path, paths))
  tiny_teacher.write(paths[0], [tiny_teacher.image_record(9)])
  with pytest.raises(ValueError, match='another way: input '):
    shards.prepare(tiny_teacher.job(tmp_path, paths), overwrite=False)
  with pytest.raises(ValueError, match='--input has 1 files'):
    shards.prepare(tiny_teacher.job(tmp_path, paths[1:]), overwrite=False)


def test_a_shard_without_a_state_is_not_ours(tmp_path, paths):
  job = tiny_teacher.job(tmp_path, paths)
  for state in (None, '{', '{}'):
    write(job)
    path = tmp_path / shard_files.state_path(job.path(0))
    path.unlink() if state is None else path.write_text(state)
    with pytest.raises(ValueError, match='no state says how'):
      shards.prepare(job, overwrite=False)


def test_overwriting_keeps_the_shards_of_this_job(tmp_path, paths):
  write(tiny_teacher.job(tmp_path, paths, checkpoint='b'), 0)
  job = tiny_teacher.job(tmp_path, paths)
  write(job, 1)
  assert [*shards.prepare(job, overwrite=True)] == [1]
  assert len(tiny_teacher.outputs(tmp_path)) == 2


def test_labels_have_the_scores_of_the_model(tmp_path, paths):
  write(tiny_teacher.job(tmp_path, paths, thresholds=Thresholds(0.0)))
  detected = tiny_teacher.teacher().detect(
    data for _, _, data in records.read_serialized(paths[:1])
  )
  made = read(f'{tmp_path}/out-00000-of-00002.tfrecord')
  for record, (_, found) in zip(made, detected, strict=True):
    np.testing.assert_allclose(record.scores, np.sort(found.scores)[::-1])
