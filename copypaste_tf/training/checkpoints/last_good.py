"""Finds the last intact checkpoint of a run and moves damaged ones aside."""

import os
import re
from collections.abc import Sequence

import tensorflow as tf

from copypaste_tf import whole_files

# TensorFlow raises one of these for a damaged checkpoint; the place of the
# damage decides which one. It also raises them if a file is unavailable for the
# moment; `fault` distinguishes the two cases.
UNREADABLE = (tf.errors.OpError, IndexError, RuntimeError)
_DAMAGED, _STATE = 'damaged', 'checkpoint'
_STEP = re.compile(r'-(\d+)$')
_FILES_OF_A_CHECKPOINT = r'\.(index|data-\d+-of-\d+)$'


def set_damaged_aside(model_dir: str) -> list[str]:
  """Moves damaged checkpoints aside, so that the last intact one is the latest.

  The function reads all values of the latest checkpoint. If a value is missing
  or damaged, it moves the files to `model_dir/damaged` and tries the checkpoint
  before. It also removes the temporary folders of saves that were killed.

  Args:
    model_dir: folder of a run. Nothing happens if it has no checkpoint.

  Returns:
    A message for each checkpoint that was moved.

  Raises:
    ValueError: no checkpoint can be read. Nothing is moved.
    tf.errors.OpError: a file cannot be read at the moment, for example because
      of its permissions or a lost connection. Nothing is moved.
  """
  paths, damaged_list = list_checkpoints(model_dir)
  faults = {}
  while paths:
    why = fault(paths[-1])
    if why is None:
      break
    faults[paths.pop()] = why
  messages = [
    f'checkpoint {path} is damaged: {why}' for path, why in faults.items()
  ]
  if not paths and faults:
    advice = 'no checkpoint is left; start in another --model_dir'
    raise ValueError('\n'.join([*messages, advice]))
  if faults or damaged_list:
    write_list(model_dir, [os.path.basename(path) for path in paths])
  for path in faults:
    _move(path, os.path.join(model_dir, _DAMAGED))
  _remove_unfinished(model_dir)
  return messages


def list_checkpoints(model_dir: str) -> tuple[list[str], bool]:
  """Lists the checkpoints of a folder, the latest one last.

  Args:
    model_dir: folder of a run.

  Returns:
    The path prefixes, and whether the list file `checkpoint` was damaged,
    missing or that of another folder, as after a move. The prefixes are then
    those of the checkpoint files.

  Raises:
    tf.errors.OpError: the list cannot be read at the moment.
  """
  path = os.path.join(model_dir, _STATE)
  # `get_checkpoint_state` also returns None if the list cannot be read. The run
  # would then start from step 0, so an unreadable file must raise first.
  if not tf.io.gfile.exists(path):
    paths = _files(model_dir)
    return paths, bool(paths)
  with tf.io.gfile.GFile(path, 'rb') as file:
    file.read()
  try:
    state = tf.train.get_checkpoint_state(model_dir)
  except ValueError:  # The list is empty. Other damage gives None.
    state = None
  if state is None or not state.all_model_checkpoint_paths:
    return _files(model_dir), True
  listed = list(state.all_model_checkpoint_paths)
  paths = [_inside(model_dir, path) for path in listed]
  return paths, paths != listed


def latest(folder: str) -> str | None:
  """Returns the path prefix of the last checkpoint of a folder.

  Args:
    folder: folder with checkpoints. Its list may be missing, damaged, or name
      the folder where the checkpoints were before a move.

  Returns:
    None if there is no checkpoint, or the last one has no index.
  """
  paths, _ = list_checkpoints(folder)
  there = paths and tf.io.gfile.exists(f'{paths[-1]}.index')
  return paths[-1] if there else None


def find(path: str) -> str | None:
  """Returns the path prefix of a checkpoint.

  Args:
    path: path prefix of a checkpoint, one of its files, or a folder, whose
      `latest` checkpoint is taken.

  Returns:
    None if there is no checkpoint.
  """
  prefix = re.sub(_FILES_OF_A_CHECKPOINT, '', path)
  return prefix if tf.io.gfile.exists(f'{prefix}.index') else latest(path)


def _inside(folder: str, path: str) -> str:
  """Returns a checkpoint's path within a folder if it lies there."""
  inside = os.path.join(folder, os.path.basename(path))
  return inside if tf.io.gfile.exists(f'{inside}.index') else path


def _files(model_dir: str) -> list[str]:
  """Returns the path prefixes of the checkpoint files, by step."""
  files = tf.io.gfile.glob(os.path.join(model_dir, 'ckpt-*.index'))
  paths = [file.removesuffix('.index') for file in files]
  return sorted(filter(_STEP.search, paths), key=step_of)


def step_of(path: str) -> int:
  """Returns the step in the name of a checkpoint, such as `ckpt-1000`."""
  return int(_STEP.search(path).group(1))


def fault(path: str) -> str | None:
  """Reads a whole checkpoint and describes its damage.

  Args:
    path: path prefix of the checkpoint.

  Returns:
    A description of the value that is damaged or missing; None if the
    checkpoint is intact.

  Raises:
    tf.errors.OpError: a file cannot be read at the moment.
  """
  if _read_values(path) is None:
    return None
  # The error does not say whether the checkpoint is damaged or its file system
  # fails. In the second case reading the plain bytes fails as well and raises.
  for file in tf.io.gfile.glob(f'{path}.*'):
    _read_bytes(file)
  return _read_values(path)  # The failure may have been temporary.


def write_list(folder: str, names: Sequence[str]) -> None:
  """Writes the list file in which TensorFlow looks up checkpoints.

  Args:
    folder: folder of the checkpoints.
    names: their names, such as `ckpt-1000`, the latest one last.
  """
  lines = [f'model_checkpoint_path: "{name}"' for name in names[-1:]]
  lines += [f'all_model_checkpoint_paths: "{name}"' for name in names]
  for name in names:
    # The checkpoint manager never deletes a checkpoint without a timestamp.
    saved = tf.io.gfile.stat(os.path.join(folder, f'{name}.index')).mtime_nsec
    lines.append(f'all_model_checkpoint_timestamps: {saved / 1e9:.3f}')
  whole_files.write(os.path.join(folder, _STATE), '\n'.join(lines) + '\n')


def _read_values(path: str) -> str | None:
  """Describes the first value that cannot be read; None if all can."""
  name = 'its index'
  try:
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)
  except (*UNREADABLE, ValueError) as error:
    return f'{name} cannot be read: {str(error).splitlines()[0]}'
  return None


def _read_bytes(path: str) -> None:
  """Reads a file to its end; raises if the file system cannot."""
  try:
    with tf.io.gfile.GFile(path, 'rb') as file:
      while file.read(1 << 24):
        pass
  except tf.errors.NotFoundError:
    return  # A missing file is damage of the checkpoint.


def _move(path: str, folder: str) -> None:
  tf.io.gfile.makedirs(folder)
  for file in tf.io.gfile.glob(f'{path}.*'):
    target = os.path.join(folder, os.path.basename(file))
    tf.io.gfile.rename(file, target, overwrite=True)


def _remove_unfinished(model_dir: str) -> None:
  """Removes the temporary folders of saves that were killed."""
  for path in tf.io.gfile.glob(os.path.join(model_dir, 'ckpt-*_temp')):
    tf.io.gfile.rmtree(path)
