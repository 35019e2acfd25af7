"""What a person sees of a run: a line of progress, panels, results."""

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import augment, drawing
from copypaste_tf.examples import IDS_PER_PLANE, TrainScenes
from copypaste_tf.training import data_config, data_files, pipeline

HISTORY, RESULTS = 'history.jsonl', 'results.json'
_PANEL_IMAGES = 4
_SHORT = {
  'total_loss': 'loss',
  'rpn_score_loss': 'rpn',
  'frcnn_cls_loss': 'class',
  'frcnn_box_loss': 'box',
  'mask_loss': 'mask',
}


class Progress:
  """Prints a line after every loop of steps, and keeps the history.

  An Orbit train action; `evaluated` is the eval action.
  """

  def __init__(
    self,
    model_dir: str,
    global_step: tf.Variable,
    *,
    total_steps: int,
    batch_size: int,
    write: Callable[[str], Any] = print,
  ):
    """Starts the clock.

    Args:
      model_dir: where the history and the results go.
      global_step: of the trainer.
      total_steps: steps of the whole run.
      batch_size: images of a step.
      write: takes a line.
    """
    self._model_dir = model_dir
    self._step = global_step
    self._total = total_steps
    self._batch_size = batch_size
    self._write = write
    self._started = self._resumed = time.monotonic()
    self._last_step = int(global_step.numpy())
    self._seconds_per_step = None
    self._train: dict[str, float] = {}
    self._eval: dict[str, float] = {}

  def __call__(self, output: dict[str, tf.Tensor]) -> None:
    """Reports a loop; adds `images_per_second` to what TensorBoard gets."""
    step, now = int(self._step.numpy()), time.monotonic()
    seconds = (now - self._resumed) / max(step - self._last_step, 1)
    self._resumed, self._last_step = now, step
    first = self._seconds_per_step is None  # Its loop holds the tracing.
    self._seconds_per_step = seconds
    output['images_per_second'] = self._batch_size / seconds
    self._train = {name: float(value) for name, value in output.items()}
    self._append({'step': step, **self._train})
    left = None if first else (self._total - step) * seconds
    self._write(progress_line(step, self._total, self._train, left))

  def evaluated(self, output: Mapping[str, Any]) -> None:
    """Reports an evaluation, and keeps its time out of the images a second."""
    self._eval = {name: float(value) for name, value in output.items()}
    step = int(self._step.numpy())
    self._append({'step': step, **self._eval})
    shown = [
      f'{name} {self._eval[name]:.3f}'
      for name in ('box_ap', 'mask_ap')
      if name in self._eval
    ]
    self._write(f'step {step}/{self._total}  evaluated: {", ".join(shown)}')
    self._resumed = time.monotonic()

  def rewound(self) -> None:
    """Forgets the steps since the checkpoint that the run went back to."""
    self._last_step = int(self._step.numpy())
    self._resumed = time.monotonic()

  def finish(self) -> dict[str, Any]:
    """Writes `results.json` and returns what is in it."""
    results = {
      'step': int(self._step.numpy()),
      'seconds': round(time.monotonic() - self._started, 1),
      'train': self._train,
      'eval': self._eval,
    }
    with tf.io.gfile.GFile(os.path.join(self._model_dir, RESULTS), 'w') as file:
      json.dump(results, file, indent=2)
    return results

  def _append(self, row: dict[str, float]) -> None:
    with tf.io.gfile.GFile(os.path.join(self._model_dir, HISTORY), 'a') as file:
      file.write(json.dumps(row) + '\n')


def progress_line(
  step: int, total: int, values: Mapping[str, float], left: float | None
) -> str:
  """Formats one line.

  Args:
    step: steps done.
    total: steps of the run.
    values: losses and `images_per_second`.
    left: seconds to the end, None if unknown.
  """
  losses = [
    f'{short} {values[name]:.3f}'
    for name, short in _SHORT.items()
    if name in values
  ]
  rate = f'{values["images_per_second"]:.1f} images/s'
  rest = [] if left is None else [f'{duration(left)} left']
  return '  '.join([f'step {step}/{total}', ' '.join(losses), rate, *rest])


def duration(seconds: float) -> str:
  """Formats seconds such as `2h03m`, `3m12s`, `9s`."""
  seconds = max(round(seconds), 0)
  hours, minutes = seconds // 3600, seconds % 3600 // 60
  if hours:
    return f'{hours}h{minutes:02}m'
  return f'{minutes}m{seconds % 60:02}s' if minutes else f'{seconds}s'


class Panels:
  """Writes training images with their labels to TensorBoard now and then."""

  def __init__(
    self,
    model_dir: str,
    data: data_config.TrainData,
    output_size: tuple[int, int],
    *,
    every: int,
    global_step: tf.Variable,
  ):
    """Draws the first panel.

    Args:
      model_dir: of the run.
      data: config of the training inputs.
      output_size: height and width of the canvas in pixels.
      every: steps between panels.
      global_step: of the trainer.
    """
    few = data.replace(
      global_batch_size=_PANEL_IMAGES,
      shuffle_buffer_size=8 * _PANEL_IMAGES,
      augment_on='host',
      data_service='',
    )
    self._batches = iter(pipeline.train_dataset(few, output_size))
    self._names = data_files.label_map(data.input_path)
    folder = os.path.join(model_dir, 'train')
    self._writer = tf.summary.create_file_writer(folder)
    self._every, self._step = every, global_step
    self._next = int(global_step.numpy())
    self({})

  def __call__(self, output: Mapping[str, Any]) -> None:
    """Draws a panel if it is time; an Orbit train action."""
    del output
    step = int(self._step.numpy())
    if step < self._next:
      return
    self._next = step + self._every
    panel = draw_batch(next(self._batches), self._names)
    with self._writer.as_default(), tf.summary.record_if(True):
      tf.summary.image('training_batch', panel[np.newaxis], step=step)
    self._writer.flush()


def draw_batch(scenes: TrainScenes, names: Mapping[int, str]) -> np.ndarray:
  """Draws a batch of training examples with its labels, in two columns.

  Args:
    scenes: the batch.
    names: class names by category id; ids without a name are shown as such.

  Returns:
    `[h, w, 3]` uint8; pasted objects are captioned with a `+`.
  """
  images = augment.denormalize(scenes.image).numpy()
  arrays = tf.nest.map_structure(np.asarray, scenes._replace(image=images))
  return drawing.tile(
    [_draw_example(arrays, i, names) for i in range(len(images))], columns=2
  )


def _draw_example(scenes: TrainScenes, row: int, names) -> np.ndarray:
  present = np.flatnonzero(scenes.classes[row])
  ids, pasted = scenes.ids[row][present], scenes.pasted[row][present]
  classes = scenes.classes[row][present]
  masks = [
    (scenes.planes[row][..., i // IDS_PER_PLANE] == i % IDS_PER_PLANE)
    & (scenes.alpha[row] == from_source)
    for i, from_source in zip(ids, pasted, strict=True)
  ]
  captions = [
    '+' * bool(new) + names.get(int(c), str(c))
    for c, new in zip(classes, pasted, strict=True)
  ]
  return drawing.draw_instances(
    scenes.image[row],
    scenes.boxes[row][present],
    masks,
    captions,
    drawing.class_colors(classes),
  )
