"""The last good checkpoint of a run, whatever became of the last one."""

import os

import tensorflow as tf
from google.protobuf import text_format

_DAMAGED = 'damaged'
# What TensorFlow raises for a damaged file depends on where the damage is.
_UNREADABLE = (tf.errors.OpError, IndexError, RuntimeError, ValueError)


def set_damaged_aside(model_dir: str) -> list[str]:
  """Makes the newest readable checkpoint the last one of a folder.

  Every value of the last checkpoint is read. If one is missing or damaged, the
  files move to `model_dir/damaged`, and the checkpoint before is tried.

  Args:
    model_dir: folder of a run; nothing happens where there is no checkpoint.

  Returns:
    What was wrong with each checkpoint that was set aside.

  Raises:
    ValueError: there are checkpoints, and none can be read; nothing is moved
      then.
  """
  state = tf.train.get_checkpoint_state(model_dir)
  if state is None:
    return []
  paths = list(state.all_model_checkpoint_paths)
  faults = {}
  while paths:
    fault = _fault(paths[-1])
    if fault is None:
      break
    faults[paths.pop()] = fault
  found = [
    f'checkpoint {path} is damaged: {why}' for path, why in faults.items()
  ]
  if not paths:
    raise ValueError(
      '\n'.join([*found, 'no checkpoint is left; start in another --model_dir'])
    )
  if faults:
    _forget(model_dir, state, len(paths))
  for path in faults:
    _move(path, os.path.join(model_dir, _DAMAGED))
  return found


def _fault(path: str) -> str | None:
  """Reads all of a checkpoint; returns what is wrong with it."""
  name = 'its index'
  try:
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)
  except _UNREADABLE as error:
    return f'{name} cannot be read: {str(error).splitlines()[0]}'
  return None


def _forget(model_dir: str, state, count: int) -> None:
  """Leaves the first `count` checkpoints in the list of a folder."""
  names = [os.path.basename(x) for x in state.all_model_checkpoint_paths]
  state.model_checkpoint_path = names[count - 1]
  state.all_model_checkpoint_paths[:] = names[:count]
  del state.all_model_checkpoint_timestamps[count:]
  path = os.path.join(model_dir, 'checkpoint')
  with tf.io.gfile.GFile(path + '.new', 'w') as file:
    file.write(text_format.MessageToString(state))
  tf.io.gfile.rename(path + '.new', path, overwrite=True)


def _move(path: str, folder: str) -> None:
  tf.io.gfile.makedirs(folder)
  for file in tf.io.gfile.glob(f'{path}.*'):
    target = os.path.join(folder, os.path.basename(file))
    tf.io.gfile.rename(file, target, overwrite=True)
