"""Ultralytics' segmentation data, with `copy_paste=1`.

The variant `flip` is the default mode, which pastes mirrored objects of the
same image. The other mode is `mixup`, which takes them from another image.
"""

import copy
import itertools
import os
import pathlib
import random

os.environ['YOLO_OFFLINE'] = 'true'

import cv2
import numpy as np
import torch
import ultralytics
from ultralytics.cfg import get_cfg
from ultralytics.data.augment import CopyPaste, Format
from ultralytics.data.dataset import YOLODataset
from ultralytics.data.utils import polygons2masks
from ultralytics.utils.instance import Instances
from ultralytics.utils.ops import resample_segments, xywh2xyxy

from benchmarks.peers import datasets, scenes
from benchmarks.peers.invariants import Outcome

_POINTS = 1000  # To which Ultralytics resamples polygons.


def version() -> str:
  return f'ultralytics {ultralytics.__version__}, OpenCV {cv2.__version__}'


class _One:
  """A data set of one image."""

  def __init__(self, labels):
    self._labels = labels

  def __len__(self):
    return 1

  def get_image_and_label(self, index):
    del index
    return copy.deepcopy(self._labels)


class System:
  def __init__(self, setup, variant=''):
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    random.seed(setup.seed)
    self._setup = setup
    self._mode = 'flip' if variant == 'flip' else 'mixup'

  def paste(self, target, source) -> Outcome:
    labels, before = _labels(target), target.image
    if self._mode == 'flip':
      # Black on the left and white on the right: a mirrored pixel shows.
      before = labels['img'] = target.image.copy()
      before[:, before.shape[1] // 2 :] = 255
    else:
      source = _labels(source)
    paste = CopyPaste(_One(source), p=1.0, mode=self._mode)
    pasted = paste(labels | {'img': before.copy()})
    if self._mode == 'flip':
      pasted['cls'][len(target.classes) :] += scenes.SOURCE
    share = (pasted['img'] != before)[..., 0].astype(float)
    given = self._given(pasted)
    made = Format(return_mask=True, mask_ratio=1)(pasted)
    boxes = made['bboxes'].numpy() * self._setup.canvas
    numbers = np.arange(1, len(boxes) + 1)[:, np.newaxis, np.newaxis]
    return Outcome(
      share=share,
      classes=made['cls'].numpy()[:, 0].astype(int),
      boxes=xywh2xyxy(boxes),
      masks=made['masks'].numpy() == numbers,
      given=given,
    )

  def _given(self, labels) -> dict[int, np.ndarray]:
    """Returns the masks that Ultralytics draws of the objects' polygons."""
    segments = labels['instances'].segments
    masks = polygons2masks((self._setup.canvas,) * 2, segments, color=1)
    classes = labels['cls'][:, 0].astype(int).tolist()
    return dict(zip(classes, masks.astype(bool), strict=True))

  def pipeline(self, copy_paste):
    """Builds its data set; LSJ is its affine jitter of scales 0.1 to 1.9."""
    work = pathlib.Path(self._setup.work)
    knobs = {
      'mosaic': 0.0,
      'scale': 0.9,
      'translate': 0.1,
      'copy_paste': float(copy_paste),
      'copy_paste_mode': self._mode,
    }
    names = [c['name'] for c in datasets.categories(work)]
    dataset = YOLODataset(
      img_path=str(work / datasets.IMAGES),
      imgsz=self._setup.canvas,
      augment=True,
      hyp=get_cfg(overrides=knobs),
      batch_size=8,
      task='segment',
      data={'names': dict(enumerate(names)), 'nc': len(names), 'channels': 3},
    )

    numbers = itertools.cycle(range(len(dataset)))

    def take(count):
      for number in itertools.islice(numbers, count):
        dataset[number]

    return take


def _labels(scene):
  contours = [_contour(mask) for mask in scene.masks]
  segments = np.stack(resample_segments(contours, n=_POINTS))
  return {
    'img': scene.image.copy(),
    'cls': scene.classes.astype(np.float32)[:, np.newaxis],
    'instances': Instances(
      scene.boxes.copy(), segments, bbox_format='xyxy', normalized=False
    ),
  }


def _contour(mask) -> np.ndarray:
  """Returns the corners of the largest part of a mask, `[p, 2]` float32."""
  found, _ = cv2.findContours(
    mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
  )
  return max(found, key=len)[:, 0].astype(np.float32)
