"""Runs the training pipeline and draws its examples."""

import itertools
import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from absl import flags

from copypaste_tf import augment, config_flags
from copypaste_tf.examples import Scenes, TrainScenes
from copypaste_tf.inputs import batch_layout, data_files, pipeline, record_sets
from copypaste_tf.inputs.data_config import TrainData
from copypaste_tf.reporting import sheet
from copypaste_tf.reporting.panels import Example
from copypaste_tf.tasks import registry
from copypaste_tf.training.checks import config_checks

# A batch of the recipe may hold hundreds of decoded images.
MAX_BATCH = 8
SHUFFLE_BUFFER = 256


def main() -> None:
  """Runs the pipeline and writes the sheet."""
  resolved = config_flags.load()
  config_flags.refuse(
    config_checks.problems(resolved.params, mode='train', initialises=False),
    resolved,
  )
  data = resolved.params.task.train_data
  size = registry.build(resolved.params.task).output_size
  files = sheet.write(
    flags.FLAGS.output,
    title(flags.FLAGS.gin_file),
    list(itertools.islice(examples(data, size), flags.FLAGS.num_images)),
    data_files.label_map(record_sets.patterns(data)),
    facts(data, size),
  )
  folder = os.path.dirname(files[1])
  print(f'{files[0]}\n{len(files) - 1} PNG files in {folder}')


def title(gin_files: list[str]) -> str:
  """Names the sheet after the recipe."""
  names = [os.path.splitext(os.path.basename(name))[0] for name in gin_files]
  return ', '.join(names) or 'training examples'


def facts(
  data: TrainData, output_size: tuple[int, int]
) -> list[tuple[str, str]]:
  """Returns (name, value) of the settings that shape the examples.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the output images in pixels.
  """
  shown = {'records': data.input_path, 'sources': data.source_input_path}
  shown |= {
    f'set {number}': _settings(record_set)
    for number, record_set in enumerate(data.sets)
  }
  shown |= {'canvas': f'{output_size[0]} x {output_size[1]} pixels'}
  shown |= {'seed': data.seed, 'jitter': _settings(data.jitter)}
  shown |= {'source jitter': _settings(data.source_jitter)}
  shown |= {'Copy-Paste': _settings(data.copy_paste) or 'off'}
  shown |= {'composition': data.composition}
  return [(name, str(value)) for name, value in shown.items() if value != '']


def examples(
  data: TrainData, output_size: tuple[int, int]
) -> Iterator[Example]:
  """Runs the training pipeline with a small batch and shuffle buffer.

  Args:
    data: the config of the training inputs.
    output_size: height and width of the output images in pixels.

  Yields:
    The examples of the pipeline without end, each with the images that it is
    made of.

  Raises:
    FileNotFoundError: a path matches no file.
    ValueError: a setting is out of range, or a record does not decode.
  """
  batch_size = min(data.global_batch_size, MAX_BATCH)
  data = batch_layout.with_batch_size(data, batch_size).replace(
    shuffle_buffer_size=min(data.shuffle_buffer_size, SHUFFLE_BUFFER),
    deterministic=True,  # Two pipelines must read the same examples.
    data_service='',
  )
  with pipeline.input_errors(data):
    for batch in _batches(data, output_size):
      yield from _unbatch(*batch)


def _batches(data, output_size):
  """Yields (targets, sources or None, results) of each batch."""
  results, inputs = (
    pipeline.train_dataset(data.replace(augment_on=place), output_size)
    for place in ('host', 'device')
  )
  settings = pipeline.augment_knobs(data)
  jitters = {name: settings[name] for name in ('jitter', 'source_jitter')}
  for result, batch in zip(results, inputs, strict=False):
    if data.composes():
      canvases = augment.pair(
        batch.targets,
        batch.seed,
        output_size=output_size,
        sources=batch.sources,
        **jitters,
      )
      yield canvases[0].scenes, canvases[1].scenes, result
    else:
      yield _as_scenes(result), None, result


def _as_scenes(result: TrainScenes) -> Scenes:
  """Returns examples without Copy-Paste as their own targets."""
  shared = set(Scenes._fields) & set(TrainScenes._fields) - {'sets'}
  fields = {name: getattr(result, name) for name in shared}
  fields |= {'source_id': result.source_id[:, 0]}
  fields |= {'shrunk': result.statistics['images_shrunk'] > 0}
  return Scenes(crowd=tf.zeros_like(result.pasted), **fields)


def _unbatch(*batches) -> Iterator[Example]:
  arrays = [_arrays(scenes) for scenes in batches if scenes is not None]
  for row in range(len(arrays[0].image)):
    scenes = tf.nest.map_structure(lambda x, row=row: x[row], arrays)
    yield Example(scenes[0], scenes[1] if scenes[2:] else None, scenes[-1])


def _arrays(scenes: Scenes | TrainScenes):
  """Converts tensors to NumPy arrays and normalized images to uint8."""
  image = augment.denormalize(tf.cast(scenes.image, tf.float32))
  return tf.nest.map_structure(np.asarray, scenes._replace(image=image))


def _settings(config) -> str:
  if config is None:
    return ''
  return ', '.join(f'{k} {v}' for k, v in config.as_dict().items())
