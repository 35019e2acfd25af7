"""Reference numbers of the published implementation, and their weights."""

import functools
import json
import os
import pathlib
import zlib

import numpy as np
import pytest
import tensorflow as tf
from official.vision.configs import maskrcnn

from copypaste_tf.tasks.detection import model_config

# {model of the reference numbers: published configuration}.
MODELS = {
  'maskrcnn_resnet50': 'maskrcnn_resnet50_1024',
  'maskrcnn_effb7': 'maskrcnn_effb7_640',
  'cascade_maskrcnn_effb7_nasfpn': 'cascade_maskrcnn_effb7_nasfpn_1280',
}
NOISE_FACTOR = 3.0


def folder() -> pathlib.Path:
  """Returns the folder of the reference numbers; skips where there is none."""
  data = os.environ.get('COPYPASTE_TF_DATA', '')
  path = pathlib.Path(data).resolve().parent / 'reference'
  if not data or not path.is_dir():
    pytest.skip('no folder `reference` beside COPYPASTE_TF_DATA')
  return path


def variables(config: str) -> dict[str, list[int]]:
  """Returns `{name: shape}` of a published configuration's variables."""
  text = (folder() / f'{config}.variables.json').read_text()
  return {
    v['name'].removesuffix(':0'): v['shape']
    for v in json.loads(text)['variables']
  }


def weight(name: str, shape: list[int]) -> np.ndarray:
  """Draws a weight with a seed from its name; not for moving statistics."""
  seed = zlib.crc32(name.encode()) & 0xFFFFFFFF
  random = np.random.RandomState(seed)  # noqa: NPY002
  leaf = name.rpartition('/')[2]
  if leaf == 'gamma':
    value = random.uniform(0.6, 1.4, shape)
    small = name.startswith('fpn_cells') and 'batch_normalization_3' in name
    value *= 0.25 if small else 1.0
  elif leaf == 'beta':
    value = 0.2 * random.randn(*shape)
    value += 0.1 if name.startswith('fpn_cells') else 0.0
  elif leaf == 'bias':
    value = 0.1 * random.randn(*shape)
  else:
    value = _std(name, shape) * random.randn(*shape)
  return value.astype(np.float32)


def _std(name: str, shape: list[int]) -> float:
  fan_in = np.prod(shape[:-1])
  if name.endswith('depthwise_kernel'):
    fan_in = shape[0] * shape[1]
  if 'conv5-mask' in name:
    fan_in = shape[3]
  std = np.sqrt(2.0 / fan_in)
  for part, factor in (
    ('class-predict', 3.0),
    ('box-predict', 0.7),
    ('rpn-class', 2.0),
    ('rpn-box', 0.3),
  ):
    if part in name:
      std = factor / np.sqrt(fan_in / 2.0)
  if '/se/conv2d' in name:
    std = np.sqrt(1.0 / fan_in)
  return std


def weights(config: str) -> dict[str, np.ndarray]:
  """Returns a value for every variable of a published configuration.

  Moving statistics are those of the reference; where it has none, they are 0.5.
  """
  model = next((m for m, c in MODELS.items() if c == config), None)
  moving = statistics(model) if model else {}
  values = {}
  for name, shape in variables(config).items():
    if name == 'global_step':
      values[name] = np.int64(0)
    elif 'moving_' in name:
      values[name] = moving.get(name, np.full(shape, 0.5, np.float32))
    else:
      values[name] = weight(name, shape)
  return values


def write_tf1(folder: pathlib.Path, values: dict[str, np.ndarray]) -> str:
  """Writes a checkpoint as TF1's `Saver` does; returns its prefix."""
  names = sorted(values)
  prefix = str(folder / 'model.ckpt')
  tf.raw_ops.SaveV2(
    prefix=prefix,
    tensor_names=names,
    shape_and_slices=[''] * len(names),
    tensors=[tf.constant(values[name]) for name in names],
  )
  return prefix


@functools.cache
def _arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
  with np.load(path) as arrays:
    return dict(arrays)


class Golden:
  """Reference numbers of one model.

  Args:
    model: a key of `MODELS`.
    mode: `predict` or `train`.
  """

  def __init__(self, model: str, mode: str):
    self.path = folder() / 'goldens' / model
    self.arrays = _arrays(self.path / f'{mode}.npz')
    self.noise = json.loads((self.path / 'noise_floor.json').read_text())
    self._training = mode == 'train'

  def __getitem__(self, name: str) -> np.ndarray:
    return self.arrays[name]

  def levels(self, name: str) -> dict[str, np.ndarray]:
    """Returns `{level: array}` of the arrays `name/level` stored as a whole."""
    return {
      key.rpartition('/')[2]: x
      for key, x in self.arrays.items()
      if key.rpartition('/')[0] == name
    }

  def allowed(self, name: str) -> float:
    """Returns the largest difference that rounding explains."""
    if not self._training:
      return NOISE_FACTOR * self.noise[name]['max_abs']
    std = self.sample(name)[1].std()
    return NOISE_FACTOR * self.noise['train_features_rel_to_std'][name] * std

  def sample(self, name: str) -> tuple[np.ndarray | slice, np.ndarray]:
    """Returns the flat indices that are stored, and their values."""
    if name in self.arrays:
      return slice(None), self.arrays[name].ravel()
    return self.arrays[f'{name}@index'], self.arrays[f'{name}@value']

  def difference(self, name: str, actual: np.ndarray) -> float:
    """Returns the largest absolute difference of a tensor."""
    index, expected = self.sample(name)
    if f'{name}@shape' in self.arrays:
      assert list(np.shape(actual)) == self.arrays[f'{name}@shape'].tolist(), (
        name
      )
    else:
      assert np.shape(actual) == self.arrays[name].shape, name
    flat = np.asarray(actual, np.float64).ravel()[index]
    return float(np.abs(flat - expected).max())


class Exact(Golden):
  """Reference numbers with float32 arrays converted to float64."""

  def __init__(self, model: str, mode: str):
    super().__init__(model, mode)
    self.arrays = {
      name: x.astype(np.float64) if x.dtype == np.float32 else x
      for name, x in self.arrays.items()
    }


def statistics(model: str) -> dict[str, np.ndarray]:
  """Returns the moving means and variances."""
  return _arrays(folder() / 'goldens' / model / 'moving_statistics.npz')


def load_weights(model: str, names: dict) -> None:
  """Assigns the weights of the reference to `{published name: variable}`."""
  moving = statistics(model)
  for name, variable in names.items():
    shape = variable.shape.as_list()
    value = moving[name] if 'moving_' in name else weight(name, shape)
    variable.assign(value)


def config(model: str, size: int = 256) -> maskrcnn.MaskRCNN:
  """Returns the published configuration of a reference model."""
  backbone = 'efficientnet-b7'
  if 'resnet' in model:
    backbone = 'resnet' + model.partition('resnet')[2].partition('_')[0]
  return model_config.model(
    image_size=(size, size),
    backbone=backbone,
    pyramid='nasfpn' if 'nasfpn' in model else 'fpn',
    cascade_ious=(0.7, 0.8) if 'cascade' in model else (),
    levels=(3, 7) if 'nasfpn' in model else (2, 6),
  )
