"""AlbumentationsX' transform, which pastes at random places.

It takes a list of objects to paste, and the caller chooses them: here a count
that is uniform in 0..n, and then objects uniformly, as in the paper. It has no
pipeline of its own to time.
"""

import os

os.environ['NO_ALBUMENTATIONS_UPDATE'] = '1'
os.environ['ALBUMENTATIONS_NO_TELEMETRY'] = '1'

import albumentations
import numpy as np

from benchmarks.peers.invariants import Outcome


def version() -> str:
  return f'AlbumentationsX {albumentations.__version__}'


class System:
  def __init__(self, setup, variant=''):
    del variant
    self._rng = np.random.default_rng(setup.seed)
    self._paste = albumentations.Compose(
      [albumentations.CopyAndPaste(p=1.0)],
      bbox_params=albumentations.BboxParams(
        coord_format='pascal_voc', label_fields=['classes']
      ),
      seed=setup.seed,
    )

  def paste(self, target, source) -> Outcome:
    count = len(source.classes)
    chosen = self._rng.permutation(count)[: self._rng.integers(count + 1)]
    made = self._paste(
      image=target.image.copy(),
      masks=target.masks.astype(np.uint8),
      bboxes=target.boxes.copy(),
      classes=target.classes.tolist(),
      copy_paste_metadata=[_object(source, i) for i in chosen],
    )
    classes = np.array(made['classes'], int)
    masks = np.asarray(made['masks']).astype(bool)
    shown = {
      int(source.classes[i]): (made['image'] == _colour(i)).all(-1)
      for i in chosen
    }
    return Outcome(
      share=made['image'][..., 0] / 255,
      classes=classes,
      boxes=np.asarray(made['bboxes'])[:, :4],
      masks=masks,
      given=shown,
    )


def _colour(number) -> np.ndarray:
  """Returns a colour for each object, whose red is that of a source."""
  return np.array([255, number % 256, number // 256], np.uint8)


def _object(source, number) -> dict:
  return {
    'image': np.broadcast_to(_colour(number), source.image.shape).copy(),
    'mask': source.masks[number].astype(np.uint8),
    'bbox_labels': {'classes': int(source.classes[number])},
  }
