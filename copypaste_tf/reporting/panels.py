"""Draws a training example as four panels: target, source, alpha, result."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf import drawing, examples
from copypaste_tf.drawing import scene_masks
from copypaste_tf.examples import IDS_PER_PLANE, Regions, Scenes, TrainScenes

KEPT, PASTED = (70, 130, 230), (30, 180, 60)
TOUCHED, REMOVED = (255, 150, 0), (225, 30, 45)
IDLE = (150, 150, 150)
IGNORED = (150, 80, 200)
LEGEND = {
  'pasted': PASTED,
  'touched: lost pixels to the paste': TOUCHED,
  'removed: no label any more': REMOVED,
  'untouched': KEPT,
  'in the source, not pasted': IDLE,
  'ignored: neither object nor background': IGNORED,
}
"""Meaning of the colours of the panels."""

MIN_SIDE = 384


class Example(NamedTuple):
  """A training example and the two images that it was made of.

  All fields are single examples of NumPy arrays on the output grid, with
  `[h, w, 3]` uint8 images.

  Attributes:
    target: the image that was pasted onto.
    source: the image that was pasted from; None without Copy-Paste.
    result: the example that the model is trained on.
  """

  target: Scenes
  source: Scenes | None
  result: TrainScenes


def draw(example: Example, names: Mapping[int, str]) -> dict[str, np.ndarray]:
  """Draws the panels of an example, labels in the colours of `LEGEND`.

  Args:
    example: the example to draw.
    names: class names by category id; a category without one shows its id.

  Returns:
    `[h, w, 3]` uint8 by the name of the panel: `target`, `source`, `alpha` and
    `result`; without Copy-Paste, only `target` and `result`.
  """
  example = _enlarged(example)
  panels = {'target': _target(example, names)}
  if example.source is not None:
    panels['source'] = _source(example, names)
    panels['alpha'] = _alpha(example.result)
  return panels | {'result': _result(example.result, names)}


def removed(example: Example) -> np.ndarray:
  """Returns `[n]` bool, true for target labels that the result lacks."""
  return (example.target.classes > 0) & ~_is_in(
    example.target.ids, example.result, from_source=False
  )


def caption(example: Example) -> str:
  """Describes in one line how an example was made."""
  counts = {k: int(v) for k, v in example.result.statistics.items()}
  target, source = example.result.source_id.tolist()
  touched = int(example.result.touched.sum())
  labels = int((example.result.classes > 0).sum())
  regions = len(_regions(example.result))
  ignored = f', {regions} ignored' if regions else ''
  if example.source is None:
    return f'image {target}: {labels} labels{ignored}'
  own = own_statistics(example)
  if own:
    values = ', '.join(f'{name} {value:.2g}' for name, value in own.items())
    return f'image {target} with {source}: {values}, {labels} labels{ignored}'
  text = (
    f'image {target} from {source}: {counts["objects_pasted"]} of '
    f'{counts["objects_available"]} pasted, {touched} touched, '
    f'{counts["objects_removed"]} removed, {counts["boxes_shrunk"]} boxes '
    f'shrunk, {labels} labels'
  )
  for key in ('objects_not_pasted', 'instances_clipped'):
    if counts[key]:
      text += f', {counts[key]} {key.split("_", 1)[1].replace("_", " ")}'
  return text + ignored


def own_statistics(example: Example) -> dict[str, float]:
  """Returns the statistics that only the composition of an example has.

  Those of Copy-Paste are the statistics of every composition.
  """
  return {
    name.split('/')[-1].replace('_', ' '): float(value)
    for name, value in example.result.statistics.items()
    if '/' in name
  }


def _enlarged(example: Example) -> Example:
  """Repeats the pixels of small images, to make room for captions."""
  times = max(MIN_SIDE // max(example.result.image.shape[:2]), 1)

  def enlarge(scene):
    grown = {'boxes': scene.boxes * times}
    if isinstance(getattr(scene, 'regions', None), Regions):
      boxes = scene.regions.boxes * times
      grown['regions'] = scene.regions._replace(boxes=boxes)
    for name, rows in (('image', 0), ('planes', 1), ('owners', 0)):
      if name in scene._fields:
        grown[name] = getattr(scene, name)
        for axis in (rows, rows + 1):
          grown[name] = grown[name].repeat(times, axis=axis)
    return scene._replace(**grown)

  return Example(*(scene and enlarge(scene) for scene in example))


def _target(example: Example, names) -> np.ndarray:
  target, gone = example.target, removed(example)
  lost = _is_in(target.ids, example.result, from_source=False, touched=True)
  present = target.classes > 0
  colors = [
    REMOVED if gone[i] else TOUCHED if lost[i] else KEPT
    for i in np.flatnonzero(present)
  ]
  return _draw(target, present, names, colors)


def _source(example: Example, names) -> np.ndarray:
  source = example.source
  present = source.classes > 0
  # The planes of the source are the last ones, if not the only ones.
  before = len(example.result.planes) - len(source.planes)
  ids = np.where(source.ids > 0, source.ids + before * IDS_PER_PLANE, 0)
  chosen = _is_in(ids, example.result, from_source=True)
  colors = [PASTED if chosen[i] else IDLE for i in np.flatnonzero(present)]
  return _draw(source, present, names, colors)


def _result(result: TrainScenes, names) -> np.ndarray:
  present = result.classes > 0
  colors = [
    PASTED if result.pasted[i] else TOUCHED if result.touched[i] else KEPT
    for i in np.flatnonzero(present)
  ]
  drawn = _draw(result, present, names, colors)
  regions = _regions(result)
  return drawing.draw_instances(
    drawn, regions, None, [''] * len(regions), [IGNORED] * len(regions)
  )


def _regions(result: TrainScenes) -> np.ndarray:
  """Returns the boxes of the ignored regions, `[k, 4]`."""
  if not isinstance(result.regions, Regions):
    return np.zeros([0, 4])
  return result.regions.boxes[result.regions.boxes.any(axis=-1)]


def _alpha(result: TrainScenes) -> np.ndarray:
  """Draws the source's pixels white over the darkened target.

  Those that the target owns, too, are grey.
  """
  dark = result.image // 4
  mixed = examples.is_owner(result.owners, False) & result.alpha
  source = np.where(mixed[..., np.newaxis], dark + np.uint8(64), np.uint8(255))
  return np.where(result.alpha[..., np.newaxis], source, dark)


def _draw(scene: Any, present, names, colors) -> np.ndarray:
  index = np.flatnonzero(present)
  return drawing.draw_instances(
    scene.image,
    scene.boxes[index],
    scene_masks.masks_of(scene, index),
    [names.get(int(k)) or str(k) for k in scene.classes[index]],
    colors,
  )


def _is_in(ids, result: TrainScenes, *, from_source: bool, touched=False):
  """Returns `[n]` bool, true for ids that the result has as labels."""
  labels = (result.classes > 0) & (result.pasted == from_source)
  if touched:
    labels &= result.touched
  return np.isin(ids, result.ids[labels]) & (ids > 0)
