"""Class maps: palette PNGs, colours over images, mean IoU in reports."""

import itertools
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from copypaste_tf import drawing, records
from copypaste_tf.evaluation import miou, miou_evaluator
from copypaste_tf.evaluation.miou_evaluator import MiouEvaluator
from copypaste_tf.examples import VOID
from copypaste_tf.inputs import data_files
from copypaste_tf.modeling.segmentation_head import LEVEL
from copypaste_tf.products.product import Files, Product
from copypaste_tf.records import png
from copypaste_tf.reporting import run_evaluation
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.serving.prediction import Prediction

FOLDER = 'class_maps'
_SIDE = 320  # Smaller images are enlarged, so that captions can be read.


class ClassMaps(Product):
  """A result is a class map, `[h, w]` uint8, of the size of the image.

  If the model returns scores that are averaged over scales, they are used.
  """

  label = 'Prediction'
  legend = {'no label, not counted (hatched)': drawing.palette_color(VOID)}
  folders = (FOLDER,)

  def result(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns the class map, `[h, w]` uint8; see the base class."""
    scores = outputs.get('multi_scores', outputs['scores'])[0]
    if not np.isfinite(scores).all():
      raise ValueError(
        f'image {int(outputs["source_ids"][0])}: a score is not finite'
      )
    return miou.classes_at(
      scores,
      outputs['sizes'][0],
      np.array(scores.shape[:2]) << LEVEL,
      outputs['original_sizes'][0],
    )

  def served(
    self, outputs: Mapping[str, tf.Tensor], *, min_score: float
  ) -> dict[str, tf.Tensor]:
    """Returns the class maps of a batch.

    Returns:
      `class_maps`: `[b, H, W]` uint8, where H and W are the largest height and
      width in the batch; images lie at the top left, the rest is `VOID`.
      `image_sizes`: `[b, 2]` int32, height and width of the images in pixels.
    """
    del min_score
    scores = outputs.get('multi_scores', outputs['scores'])
    sizes = outputs['original_sizes']
    canvas = tf.shape(scores)[1:3] * 2**LEVEL
    largest = tf.reduce_max(sizes, axis=0)

    def of_image(image):
      one, valid, size = image
      found = miou.highest(miou.resized_scores(one, valid, canvas, size))
      missing = largest - size
      return tf.pad(
        found, [[0, missing[0]], [0, missing[1]]], constant_values=VOID
      )

    class_maps = tf.map_fn(
      of_image,
      (scores, outputs['sizes'], sizes),
      fn_output_signature=tf.TensorSpec([None, None], tf.uint8),
    )
    return {'class_maps': class_maps, 'image_sizes': sizes}

  def summary(self, results: Sequence[np.ndarray]) -> str:
    """Returns the number of class maps."""
    return f'{len(results)} class maps'

  def draw(
    self, image: np.ndarray, result: np.ndarray, names: Mapping[int, str]
  ) -> np.ndarray:
    """Draws the classes in the colours of Pascal VOC; see the base class."""
    return drawing.draw_class_map(image, result, names)

  def write(
    self, predictions: Sequence[Prediction], stems: Mapping[int, str]
  ) -> Files:
    """Returns a palette PNG for each image."""

    def writer(class_map):
      def write(path: str) -> None:
        with open(path, 'wb') as file:
          file.write(drawing.palette_png(class_map))

      return write

    return {
      os.path.join(FOLDER, f'{stems[each.image_id]}.png'): writer(each.results)
      for each in predictions
    }

  def evaluator(self, run: Run) -> MiouEvaluator:
    """Returns the evaluator with the counts of the run."""
    evaluator = run_evaluation.unfilled(run)
    evaluator.merge([run.predictions])
    run_evaluation.prepare(run, evaluator)
    return evaluator

  def counts(self, evaluator: MiouEvaluator) -> dict[str, int]:
    """Counts the labelled pixels of each class."""
    counts = evaluator.parts()['counts'].get(miou_evaluator.MIOU, [])
    pixels = np.array(counts).sum(axis=1).tolist() if len(counts) else []
    return {
      name: pixels[k] if pixels else 0
      for k, name in evaluator.class_names.items()
    }

  def compare(
    self, run: Run, evaluator: MiouEvaluator, *, min_score: float, limit: int
  ) -> list[Comparison]:
    """Draws the first images that were evaluated; see the base class."""
    del min_score
    found = miou_evaluator.read_images(run.predictions)
    paths = data_files.expand(run.params.task.validation_data.input_path)
    seen = (
      record
      for _, _, record in records.read_records(paths)
      if record.source_id in found
    )
    return [
      _compare(record, evaluator, found[record.source_id])
      for record in itertools.islice(seen, limit)
    ]


def _compare(record, evaluator: MiouEvaluator, found) -> Comparison:
  image = tf.io.decode_image(
    record.image_bytes, channels=3, expand_animations=False
  ).numpy()
  names = evaluator.class_names
  truth = png.decode(evaluator.truth[record.source_id])[:, :, 0]
  counts = miou.confusion(truth, found, len(names))
  scale = max(_SIDE / max(image.shape[:2]), 1.0)
  ious = miou.mean(miou.class_ious(counts))
  return Comparison(
    f'{record.filename or record.source_id}: mean IoU {100 * ious:.1f} % of '
    f'its classes, {100 * miou.pixel_accuracy(counts):.1f} % of its pixels',
    drawing.draw_class_map(image, truth, names, scale=scale),
    drawing.draw_class_map(image, found, names, scale=scale),
  )
