"""The last good checkpoint of a run, whatever became of the last one."""

import os
import re
from collections.abc import Sequence

import tensorflow as tf

from copypaste_tf import whole_files

# What TensorFlow raises for a checkpoint that cannot be read depends on where
# it is damaged. An unavailable file looks the same; see `fault`.
UNREADABLE = (tf.errors.OpError, IndexError, RuntimeError)
_DAMAGED, _STATE = 'damaged', 'checkpoint'


def set_damaged_aside(model_dir: str) -> list[str]:
  """Makes the newest readable checkpoint the last one of a folder.

  Every value of the last checkpoint is read. If one is missing or damaged, the
  files move to `model_dir/damaged`, and the checkpoint before is tried. What a
  save that was killed has left is removed.

  Args:
    model_dir: folder of a run; nothing happens where there is no checkpoint.

  Returns:
    What was wrong with each checkpoint that was set aside.

  Raises:
    ValueError: there are checkpoints, and none can be read; nothing is moved
      then.
    tf.errors.OpError: a file cannot be read now, such as for want of a
      permission or of a connection; nothing is moved.
  """
  paths, damaged_list = listed(model_dir)
  faults = {}
  while paths:
    why = fault(paths[-1])
    if why is None:
      break
    faults[paths.pop()] = why
  found = [
    f'checkpoint {path} is damaged: {why}' for path, why in faults.items()
  ]
  if not paths and faults:
    raise ValueError(
      '\n'.join([*found, 'no checkpoint is left; start in another --model_dir'])
    )
  if faults or damaged_list:
    write_list(model_dir, [os.path.basename(path) for path in paths])
  for path in faults:
    _move(path, os.path.join(model_dir, _DAMAGED))
  _remove_unfinished(model_dir)
  return found


def listed(model_dir: str) -> tuple[list[str], bool]:
  """Returns the checkpoints of a folder, the last one last.

  `tf.train.get_checkpoint_state` tells a list that cannot be read from none,
  and a run would start anew.

  Args:
    model_dir: folder of a run.

  Returns:
    Path prefixes, and whether the list was damaged; they come from the names of
    the files then.

  Raises:
    tf.errors.OpError: the list cannot be read now.
  """
  path = os.path.join(model_dir, _STATE)
  if not tf.io.gfile.exists(path):
    return [], False
  with tf.io.gfile.GFile(path, 'rb') as file:
    file.read()
  try:
    state = tf.train.get_checkpoint_state(model_dir)
  except ValueError:  # Of an empty list; of other damage there is no state.
    state = None
  if state is not None and state.all_model_checkpoint_paths:
    return list(state.all_model_checkpoint_paths), False
  files = tf.io.gfile.glob(os.path.join(model_dir, 'ckpt-*.index'))
  paths = [file.removesuffix('.index') for file in files]
  return sorted(paths, key=step_of), True


def step_of(path: str) -> int:
  """Returns the step in the name of a checkpoint, such as `ckpt-1000`."""
  return int(re.search(r'-(\d+)$', path).group(1))


def fault(path: str) -> str | None:
  """Reads all of a checkpoint.

  Args:
    path: its path prefix.

  Returns:
    What is damaged or missing, or None.

  Raises:
    tf.errors.OpError: a file cannot be read now.
  """
  if _read_values(path) is None:
    return None
  # TensorFlow does not say whether the checkpoint or its file system fails.
  for file in tf.io.gfile.glob(f'{path}.*'):
    _read_bytes(file)
  return _read_values(path)  # What failed may have passed.


def write_list(folder: str, names: Sequence[str]) -> None:
  """Writes the list in which TensorFlow looks for checkpoints.

  Args:
    folder: where they are.
    names: of them, such as `ckpt-1000`, the last one last.
  """
  lines = [f'model_checkpoint_path: "{name}"' for name in names[-1:]]
  lines += [f'all_model_checkpoint_paths: "{name}"' for name in names]
  for name in names:
    # Without its time, a checkpoint is not pruned.
    saved = tf.io.gfile.stat(os.path.join(folder, f'{name}.index')).mtime_nsec
    lines.append(f'all_model_checkpoint_timestamps: {saved / 1e9:.3f}')
  whole_files.write(os.path.join(folder, _STATE), '\n'.join(lines) + '\n')


def _read_values(path: str) -> str | None:
  """Returns what is wrong with the first value that cannot be read."""
  name = 'its index'
  try:
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)
  except (*UNREADABLE, ValueError) as error:
    return f'{name} cannot be read: {str(error).splitlines()[0]}'
  return None


def _read_bytes(path: str) -> None:
  try:
    with tf.io.gfile.GFile(path, 'rb') as file:
      while file.read(1 << 24):
        pass
  except tf.errors.NotFoundError:
    return  # A part of the checkpoint is missing, which is damage.


def _move(path: str, folder: str) -> None:
  tf.io.gfile.makedirs(folder)
  for file in tf.io.gfile.glob(f'{path}.*'):
    target = os.path.join(folder, os.path.basename(file))
    tf.io.gfile.rename(file, target, overwrite=True)


def _remove_unfinished(model_dir: str) -> None:
  """Removes the folders from which a save that was killed takes its files."""
  for path in tf.io.gfile.glob(os.path.join(model_dir, 'ckpt-*_temp')):
    tf.io.gfile.rmtree(path)
