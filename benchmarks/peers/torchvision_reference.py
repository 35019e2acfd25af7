"""Torchvision's reference training script; its wheel has no Copy-Paste.

The variant `hard` turns the script's blending off.
"""

import itertools
import pathlib

import numpy as np
import torch
import torchvision
from PIL import Image

from benchmarks.peers import datasets, scenes, scripts
from benchmarks.peers.invariants import Outcome

SCRIPT = 'transforms.py'


def version() -> str:
  return f'torchvision {torchvision.__version__}, torch {torch.__version__}'


class System:
  def __init__(self, setup, variant=''):
    torch.set_num_threads(1)
    torch.manual_seed(setup.seed)
    self._setup = setup
    self._script = scripts.load(pathlib.Path(setup.scripts) / SCRIPT)
    self._paste = self._script.SimpleCopyPaste(blending=variant != 'hard')

  def paste(self, target, source) -> Outcome:
    pair = [self._sample(scene) for scene in (target, source)]
    images, targets = self._paste(*map(list, zip(*pair, strict=True)))
    labels = {k: v.numpy() for k, v in targets[0].items()}
    return Outcome(
      share=images[0][0].numpy(),
      classes=labels['labels'],
      boxes=labels['boxes'],
      masks=labels['masks'].astype(bool),
      areas=labels['area'],
    )

  def _sample(self, scene):
    masks = torch.from_numpy(scene.masks.astype(np.uint8))
    image = torch.from_numpy(scene.image).permute(2, 0, 1).float() / 255
    labels = {
      'boxes': torch.from_numpy(scene.boxes),
      'labels': torch.from_numpy(scene.classes.astype(np.int64)),
      'masks': masks,
      'area': masks.sum((1, 2)).float(),
      'iscrowd': torch.zeros(len(masks), dtype=torch.int64),
    }
    return image, labels

  def pipeline(self, copy_paste):
    """Reads and jitters as the script's preset `lsj` does."""
    script, size = self._script, (self._setup.canvas,) * 2
    jitter = script.Compose(
      [
        script.ScaleJitter(target_size=size, antialias=True),
        script.FixedSizeCrop(size=size, fill=(123.0, 117.0, 104.0)),
        script.RandomHorizontalFlip(p=0.5),
        script.PILToTensor(),
        script.ConvertImageDtype(torch.float),
      ]
    )
    work = pathlib.Path(self._setup.work)
    dataset = torchvision.datasets.CocoDetection(
      str(work / datasets.IMAGES), str(work / datasets.ANNOTATIONS)
    )

    numbers = itertools.cycle(range(len(dataset)))

    def take(count):
      chosen = itertools.islice(numbers, count)
      batch = [jitter(*self._read(*dataset[i])) for i in chosen]
      images, labels = map(list, zip(*batch, strict=True))
      if copy_paste:
        images, labels = self._paste(images, labels)
      torch.stack(images)

    return take

  def _read(self, image: Image.Image, annotations):
    size = image.height, image.width
    masks = np.stack([scenes.mask_of(a, size) for a in annotations])
    boxes = torch.tensor([a['bbox'] for a in annotations])
    boxes[:, 2:] += boxes[:, :2]
    ids = torch.tensor([a['category_id'] for a in annotations])
    masks = torch.from_numpy(masks.astype(np.uint8))
    return image, {'boxes': boxes, 'labels': ids, 'masks': masks}
