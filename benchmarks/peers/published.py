"""The published code, tensorflow/tpu's detection, as far as it is public.

Its two parsers are read from the folder of scripts. The modules that they
import are those of Model Garden, which took them over. Anchor targets, which
this code makes on the host too, are left out.
"""

import io
import pathlib
import types

import numpy as np
import tensorflow as tf
from official.legacy.detection.dataloader import mode_keys, tf_example_decoder
from official.legacy.detection.utils import (
  box_utils,
  dataloader_utils,
  input_utils,
)
from official.vision.ops import preprocess_ops
from PIL import Image

from benchmarks.peers import scripts, tensorflow_pipeline, timing
from benchmarks.peers.invariants import Outcome
from copypaste_tf.examples import Features

PARSERS = 'maskrcnn_parser_with_copy_paste.py', 'extract_objects_parser.py'
_MAX_LEVEL = 6
clock = tensorflow_pipeline.clock
_MEAN, _DEVIATION = 0.485, 0.229  # Of red, in the published normalisation.


def version() -> str:
  return f'tensorflow/tpu, TensorFlow {tf.__version__}'


def _anchors(*_):
  return types.SimpleNamespace(
    multilevel_boxes={}, label_anchors=lambda boxes, classes: ({}, {})
  )


def _parsers(folder: pathlib.Path):
  """Imports the parsers under the names of modules that they expect."""
  inputs = types.SimpleNamespace(
    **vars(input_utils),
    clip_or_pad_to_fixed_size=preprocess_ops.clip_or_pad_to_fixed_size,
  )
  modules = {
    'dataloader': types.SimpleNamespace(
      anchor=types.SimpleNamespace(Anchor=_anchors, RpnAnchorLabeler=_anchors),
      mode_keys=mode_keys,
      tf_example_decoder=tf_example_decoder,
    ),
    'utils': types.SimpleNamespace(
      box_utils=box_utils,
      dataloader_utils=dataloader_utils,
      input_utils=inputs,
    ),
  }
  return [scripts.load(folder / name, modules).Parser for name in PARSERS]


def _png(pixels) -> bytes:
  file = io.BytesIO()
  Image.fromarray(pixels).save(file, format='PNG')
  return file.getvalue()


def _record(scene) -> bytes:
  """Returns a scene as a record of Model Garden's form."""
  size = len(scene.image)
  example = tf.train.Example()
  feature = example.features.feature
  feature[Features.IMAGE].bytes_list.value.append(_png(scene.image))
  feature[Features.SOURCE_ID].bytes_list.value.append(b'1')
  feature[Features.HEIGHT].int64_list.value.append(size)
  feature[Features.WIDTH].int64_list.value.append(size)
  feature[Features.CLASS].int64_list.value.extend(scene.classes.tolist())
  feature[Features.CROWD].int64_list.value.extend([0] * len(scene.classes))
  keys = (
    Features.BOX_XMIN,
    Features.BOX_YMIN,
    Features.BOX_XMAX,
    Features.BOX_YMAX,
  )
  for key, edges in zip(keys, (scene.boxes / size).T, strict=True):
    feature[key].float_list.value.extend(edges.tolist())
  pngs = [_png(mask.astype(np.uint8)) for mask in scene.masks]
  feature[Features.MASK].bytes_list.value.extend(pngs)
  return example.SerializeToString()


class System:
  def __init__(self, setup, variant=''):
    del variant
    self._setup = setup
    self._target, self._source = _parsers(pathlib.Path(setup.scripts))
    tf.random.set_seed(setup.seed)
    draw = self._source(**self._knobs(1.0, 1.0, flip=False))
    paste = self._targets(1.0, 1.0, flip=False, copy_paste=True)
    self._draw = tf.function(lambda record: draw(record))
    self._paste = tf.function(
      lambda record, drawn: paste(record, drawn), reduce_retracing=True
    )

  def _knobs(self, low, high, *, flip):
    return {
      'output_size': [self._setup.canvas] * 2,
      'min_level': 2,
      'max_level': _MAX_LEVEL,
      'aug_rand_hflip': flip,
      'aug_scale_min': low,
      'aug_scale_max': high,
      'include_mask': True,
    }

  def _targets(self, low, high, *, flip, copy_paste):
    return self._target(
      **self._knobs(low, high, flip=flip),
      num_scales=1,
      aspect_ratios=[1.0],
      anchor_size=8,
      max_num_instances=self._setup.max_instances,
      use_bfloat16=False,
      mode=mode_keys.TRAIN,
      copy_paste_aug=copy_paste,
    )

  def paste(self, target, source) -> Outcome:
    drawn = {'num_groundtrtuhs': 0}
    while drawn['num_groundtrtuhs'] == 0:  # The reader drops empty draws.
      drawn = self._draw(tf.constant(_record(source)))
    image, labels = self._paste(tf.constant(_record(target)), drawn)
    classes = labels['gt_classes'].numpy().astype(int)
    real = classes > 0
    return Outcome(
      share=image[..., 0].numpy() * _DEVIATION + _MEAN,
      classes=classes[real],
      boxes=labels['gt_boxes'].numpy()[real][:, [1, 0, 3, 2]],
    )

  def pipeline(self, copy_paste) -> tensorflow_pipeline.Take:
    """Reads, parses and batches as the published reader does."""
    path = tensorflow_pipeline.records(pathlib.Path(self._setup.work))
    records = tf.data.TFRecordDataset(path).repeat()
    target = self._targets(0.1, 2.0, flip=True, copy_paste=copy_paste)
    dataset = records.shuffle(64)
    if copy_paste:
      source = self._source(**self._knobs(0.1, 2.0, flip=True))
      sources = records.shuffle(64).map(source)
      sources = sources.filter(lambda data: data['num_groundtrtuhs'] > 0)
      dataset = tf.data.Dataset.zip((dataset, sources))
    return tensorflow_pipeline.taking(dataset.map(target).batch(timing.BATCH))
