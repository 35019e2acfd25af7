"""PyPI's copy-paste-augmentation, a transform for Albumentations.

It is github.com/conradry/copy-paste-aug as a package. The caller chooses the
part of the objects to paste. It has no pipeline of its own to time. Version
0.1.0 cannot be imported as a package, so its file is.
"""

import os

os.environ['NO_ALBUMENTATIONS_UPDATE'] = '1'

import importlib.metadata
import importlib.util
import pathlib

import albumentations
import numpy as np

from benchmarks.peers import scripts
from benchmarks.peers.invariants import Outcome

_FILE = 'copy_paste.py'


def version() -> str:
  name = 'copy-paste-augmentation'
  return (
    f'{name} {importlib.metadata.version(name)}, '
    f'albumentations {albumentations.__version__}'
  )


class System:
  def __init__(self, setup, variant=''):
    del setup, variant
    package = importlib.util.find_spec('copy_paste')
    if package is None:
      raise ModuleNotFoundError("No module named 'copy_paste'")
    module = scripts.load(pathlib.Path(package.origin).with_name(_FILE))
    self._paste = albumentations.Compose(
      [module.CopyPaste(blend=True, sigma=1, pct_objects_paste=0.5, p=1.0)],
      bbox_params=albumentations.BboxParams(format='pascal_voc'),
      additional_targets={'paste_bboxes': 'bboxes'},
    )

  def paste(self, target, source) -> Outcome:
    made = self._paste(**_arguments(target, ''), **_arguments(source, 'paste_'))
    boxes = np.array(made['bboxes'], np.float64).reshape(-1, 6)
    masks = np.array(made['masks']).astype(bool)
    return Outcome(
      share=made['image'][..., 0] / 255,
      classes=boxes[:, 4].astype(int),
      boxes=boxes[:, :4],
      masks=masks[boxes[:, 5].astype(int)],
    )


def _arguments(scene, prefix) -> dict:
  numbers = np.arange(len(scene.classes))
  return {
    f'{prefix}image': scene.image.copy(),
    f'{prefix}masks': list(scene.masks.astype(np.uint8)),
    f'{prefix}bboxes': np.column_stack([scene.boxes, scene.classes, numbers]),
  }
