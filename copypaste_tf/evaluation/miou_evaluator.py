"""Evaluates class maps by mean IoU."""

import base64
import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf.evaluation import miou
from copypaste_tf.evaluation.evaluator import Evaluator
from copypaste_tf.records import png

CLASS_MAPS_FILE = 'class_maps.json'
MIOU, MULTI = 'miou', 'miou_multi'
BACKGROUND = 'background'


class MiouEvaluator(Evaluator):
  """Counts pixels at the original resolution and at that of the canvas.

  `miou` is the benchmark's number: the scores are resized to the size of the
  stored image. `miou_512`, named after the longer side of the canvas, compares
  on the canvas, as the published evaluation does. `miou_multi` is `miou` of
  scores that are averaged over scales and flips; it exists only if the model
  returns such. The numbers must not be compared with one another.
  """

  headline = MIOU
  output_file = CLASS_MAPS_FILE

  def __init__(
    self,
    truth: Callable[[], Mapping[int, bytes]],
    names: Callable[[], Mapping[int, str]],
    *,
    num_classes: int,
    canvas: tuple[int, int],
    per_category: bool = False,
  ):
    """Starts without predictions.

    Args:
      truth: returns the grey PNG of the class map of each image by its id;
        called once, by `prepare` or when it is first needed.
      names: returns the names of the classes; called once.
      num_classes: number k of classes, with the background.
      canvas: height and width of the input of the model, pixels.
      per_category: also return `iou/NAME` of each class.
    """
    self._read_truth, self._read_names = truth, names
    self._num_classes, self._canvas = num_classes, canvas
    self._per_category = per_category
    self.on_canvas = f'{MIOU}_{max(canvas)}'
    self.names = (MIOU, self.on_canvas)
    self.reset()

  @functools.cached_property
  def truth(self) -> Mapping[int, bytes]:
    """PNGs of the class maps by image id; read when first needed."""
    return self._read_truth()

  @functools.cached_property
  def class_names(self) -> dict[int, str]:
    """Names of all classes; a class without a name has its number."""
    given = {0: BACKGROUND, **self._read_names()}
    return {k: given.get(k, str(k)) for k in range(self._num_classes)}

  def prepare(self, source_ids: Sequence[int] = ()) -> None:
    """Reads the ground truth; see `Evaluator.prepare`."""
    if not self.truth:
      raise ValueError('the evaluation records hold no class map')
    for source_id in source_ids:
      self._truth_of(source_id)

  def reset(self) -> None:
    """Forgets the predictions."""
    self._counts: dict[str, np.ndarray] = {}
    self._images: dict[int, str] = {}

  def add(self, outputs: Mapping[str, np.ndarray]) -> None:
    """Adds the predictions of a batch.

    Args:
      outputs: `source_ids` `[b]`, negative for images that pad a batch;
        `original_sizes` and `sizes` `[b, 2]`, height and width of the stored
        images and of those on the canvas, pixels; `scores` `[b, h, w, k]`
        float32 all over the canvas, and perhaps `multi_scores` of the same
        shape.

    Raises:
      ValueError: an image has no class map, or one that does not fit.
    """
    for i, source_id in enumerate(outputs['source_ids'].tolist()):
      if source_id >= 0:
        self._add(source_id, {name: x[i] for name, x in outputs.items()})

  def _add(self, source_id: int, image: Mapping[str, np.ndarray]) -> None:
    truth = self._truth_of(source_id)
    size, valid = image['original_sizes'], image['sizes']
    classes = functools.partial(
      miou.classes_at, valid=valid, canvas=self._canvas
    )
    found = classes(image['scores'], size=size)
    counted = {MIOU: (truth, found)}
    counted[self.on_canvas] = (
      miou.resized(truth, valid),
      classes(image['scores'], size=valid),
    )
    if 'multi_scores' in image:
      counted[MULTI] = (truth, classes(image['multi_scores'], size=size))
    for name, pair in counted.items():
      self._count(name, source_id, *pair)
    self._images[source_id] = base64.b64encode(png.encode(found)).decode()

  def _truth_of(self, source_id: int) -> np.ndarray:
    if source_id not in self.truth:
      raise ValueError(f'image {source_id} has no class map')
    return png.decode(self.truth[source_id])[:, :, 0]

  def _count(self, name, source_id, truth, found) -> None:
    try:
      counts = miou.confusion(truth, found, self._num_classes)
    except ValueError as error:
      raise ValueError(f'image {source_id}: {error}') from error
    self._counts[name] = self._counts.get(name, 0) + counts

  def parts(self) -> dict[str, Any]:
    """Returns the counts and the class maps of this worker."""
    counts = {name: x.tolist() for name, x in self._counts.items()}
    return {'counts': counts, 'images': self._images}

  def merge(self, parts: Sequence[Mapping[str, Any]]) -> None:
    """Adds up the counts of all workers."""
    self.reset()
    for part in parts:
      for name, counts in part['counts'].items():
        self._counts[name] = self._counts.get(name, 0) + np.array(counts)
      self._images |= {int(k): image for k, image in part['images'].items()}

  def write(self, folder: str) -> None:
    """Writes counts and class maps (base64 of grey PNGs) as JSON."""
    with tf.io.gfile.GFile(os.path.join(folder, CLASS_MAPS_FILE), 'w') as file:
      json.dump(self.parts(), file)

  def metrics(self) -> dict[str, float]:
    """Returns the metrics in [0, 1]; -1 without a pixel to measure."""
    none = np.zeros([self._num_classes] * 2, np.int64)
    columns = {MIOU: none, self.on_canvas: none, **self._counts}
    ious = {name: miou.class_ious(x) for name, x in columns.items()}
    numbers = {name: miou.mean(x) for name, x in ious.items()}
    numbers['pixel_accuracy'] = miou.pixel_accuracy(columns[MIOU])
    if self._per_category:
      for number, name in self.class_names.items():
        value = float(ious[MIOU][number])
        numbers[f'iou/{name}'] = -1.0 if np.isnan(value) else value
    return numbers

  def table(self, metrics: Mapping[str, float]) -> str:
    """Formats the metrics of all classes together, one per line."""
    return super().table({k: x for k, x in metrics.items() if '/' not in k})


def read_images(content: Mapping[str, Any]) -> dict[int, np.ndarray]:
  """Returns the predicted class maps of a file that `write` made.

  Args:
    content: the JSON of the file.

  Returns:
    `[h, w]` uint8 by image id.

  Raises:
    ValueError: the content is damaged.
  """
  return {
    int(k): png.decode(base64.b64decode(data))[:, :, 0]
    for k, data in content['images'].items()
  }
