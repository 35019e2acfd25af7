"""OpenMMLab's mmdet, with its config of Simple Copy-Paste."""

import importlib.util
import itertools
import pathlib
import random
import sys
import types

import cv2
import mmcv
import mmdet
import numpy as np
import torch
from mmengine.registry import init_default_scope

from benchmarks.peers import datasets
from benchmarks.peers.invariants import Outcome


def _absent(*_):
  raise NotImplementedError('this wheel of mmcv has no compiled ops')


def _name_of_op(name: str):
  if name.startswith('__'):
    raise AttributeError(name)
  return _absent


def _import_mmdet() -> None:
  """Imports parts of mmdet, which need the names of mmcv's compiled ops.

  Only its models call them, so a wheel without them gets the names alone.
  """
  if importlib.util.find_spec('mmcv._ext') is None:
    for name in ('mmcv.ops', 'mmcv.ops.roi_align'):
      sys.modules[name] = types.ModuleType(name)
      sys.modules[name].__getattr__ = _name_of_op
  for name in ('datasets.transforms', 'structures.bbox', 'structures.mask'):
    importlib.import_module(f'mmdet.{name}')


def version() -> str:
  return f'mmdet {mmdet.__version__}, mmcv-lite {mmcv.__version__}'


class System:
  def __init__(self, setup, variant=''):
    del variant
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    random.seed(setup.seed)
    self._setup = setup
    _import_mmdet()
    self._paste = mmdet.datasets.transforms.CopyPaste(max_num_pasted=100)

  def paste(self, target, source) -> Outcome:
    results = self._results(target)
    results['mix_results'] = [self._results(source)]
    results = self._paste.transform(results)
    return Outcome(
      share=results['img'][..., 0] / 255,
      classes=results['gt_bboxes_labels'],
      boxes=results['gt_bboxes'].tensor.numpy(),
      masks=results['gt_masks'].masks.astype(bool),
    )

  def _results(self, scene):
    masks = scene.masks.astype(np.uint8)
    structures = mmdet.structures
    return {
      'img': scene.image.copy(),
      'gt_bboxes': structures.bbox.HorizontalBoxes(
        torch.from_numpy(scene.boxes.copy())
      ),
      'gt_bboxes_labels': scene.classes.astype(np.int64),
      'gt_ignore_flags': np.zeros(len(masks), bool),
      'gt_masks': structures.mask.BitmapMasks(masks, *masks.shape[1:]),
    }

  def pipeline(self, copy_paste):
    """Builds the pipeline of mmdet's config, with the scales of LSJ."""
    init_default_scope('mmdet')
    work = pathlib.Path(self._setup.work)
    dataset = mmdet.datasets.CocoDataset(
      ann_file=str(work / datasets.ANNOTATIONS),
      data_prefix={'img': f'{work / datasets.IMAGES}/'},
      metainfo={'classes': [c['name'] for c in datasets.categories(work)]},
      filter_cfg={'filter_empty_gt': True, 'min_size': 32},
      pipeline=_jitter((self._setup.canvas,) * 2),
    )
    pack = {'type': 'PackDetInputs'}
    paste = [{'type': 'CopyPaste', 'max_num_pasted': 100}] * copy_paste
    mixed = mmdet.datasets.MultiImageMixDataset(dataset, [*paste, pack])

    numbers = itertools.cycle(range(len(mixed)))

    def take(count):
      for number in itertools.islice(numbers, count):
        mixed[number]

    return take


def _jitter(size) -> list[dict]:
  return [
    {'type': 'LoadImageFromFile'},
    {'type': 'LoadAnnotations', 'with_bbox': True, 'with_mask': True},
    {
      'type': 'RandomResize',
      'scale': size,
      'ratio_range': (0.1, 2.0),
      'keep_ratio': True,
    },
    {
      'type': 'RandomCrop',
      'crop_type': 'absolute_range',
      'crop_size': size,
      'recompute_bbox': True,
      'allow_negative_crop': True,
    },
    {'type': 'FilterAnnotations', 'min_gt_bbox_wh': (1e-2, 1e-2)},
    {'type': 'RandomFlip', 'prob': 0.5},
    {'type': 'Pad', 'size': size},
  ]
