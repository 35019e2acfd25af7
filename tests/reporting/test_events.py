import os

import cv2
import numpy as np
import pytest
import run_folder
import tensorflow as tf

from copypaste_tf.reporting import events


def write(folder, name, points):
  writer = tf.summary.create_file_writer(str(folder), filename_suffix=name)
  with writer.as_default():
    for step, value in points:
      tf.summary.scalar('loss', value, step=step)
  writer.close()


def test_scalars_come_back_in_order_of_steps(tmp_path):
  write(tmp_path, '.a', [(30, 1.5), (10, 2.5), (20, -1.0)])
  curve = events.read(str(tmp_path)).curves['loss']
  np.testing.assert_array_equal(curve.steps, [10, 20, 30])
  np.testing.assert_array_equal(curve.values, [2.5, -1.0, 1.5])


def test_scalars_of_a_resumed_run_come_from_the_later_file(tmp_path):
  write(tmp_path, '.a', [(10, 1.0), (20, 2.0)])
  first = next(tmp_path.iterdir())
  # Names begin with the time in seconds; the test does not wait for one.
  first.rename(tmp_path / 'events.out.tfevents.0000000001.host.1.0.v2')
  write(tmp_path, '.b', [(20, 7.0), (30, 8.0)])
  curve = events.read(str(tmp_path)).curves['loss']
  np.testing.assert_array_equal(curve.steps, [10, 20, 30])
  np.testing.assert_array_equal(curve.values, [1.0, 7.0, 8.0])


@pytest.mark.parametrize(
  ('steps', 'kept'),
  [
    ([5], [5]),
    ([0, 1, 2], [0, 1, 2]),
    (range(9), [0, 7, 8]),
  ],
)
def test_first_and_latest_pictures_are_kept(tmp_path, steps, kept):
  run_folder.write_events(tmp_path, steps=steps)
  found = events.read(str(tmp_path / 'train'), latest_pictures=2)
  pictures = found.pictures['training_batch']
  assert [picture.step for picture in pictures] == kept
  for picture in pictures:
    image = cv2.imdecode(np.frombuffer(picture.png, np.uint8), -1)
    np.testing.assert_array_equal(
      image, np.full([8, 6, 3], picture.step, np.uint8)
    )


def test_pictures_of_a_resumed_run_come_from_the_later_file(tmp_path):
  for name, value in (('0000000001', 3), ('0000000002', 9)):
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default():
      panel = np.full([1, 2, 2, 3], value, np.uint8)
      tf.summary.image('panel', panel, step=5)
    writer.close()
    path = next(tmp_path.glob('*.v2'))
    path.rename(tmp_path / f'events.out.tfevents.{name}')
  (picture,) = events.read(str(tmp_path)).pictures['panel']
  image = cv2.imdecode(np.frombuffer(picture.png, np.uint8), -1)
  assert (image == 9).all()


def test_a_missing_folder_and_other_files_give_no_events(tmp_path):
  (tmp_path / 'checkpoint').write_text('no event file')
  for folder in (tmp_path, tmp_path / 'absent'):
    assert events.read(str(folder)) == events.Events({}, {})


def test_a_file_cut_off_gives_what_is_before_the_cut(tmp_path):
  write(tmp_path, '.a', [(10, 1.0), (20, 2.0)])
  path = next(tmp_path.iterdir())
  os.truncate(path, path.stat().st_size - 3)
  curve = events.read(str(tmp_path)).curves['loss']
  np.testing.assert_array_equal(curve.steps, [10])
