"""Detections: COCO results, boxes and masks over images, AP in reports."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from copypaste_tf import drawing, records
from copypaste_tf.evaluation import detections
from copypaste_tf.evaluation.detection_evaluator import DetectionEvaluator
from copypaste_tf.inputs import data_files
from copypaste_tf.products.product import Files, Product
from copypaste_tf.reporting import comparison, run_evaluation
from copypaste_tf.reporting.comparison import Comparison
from copypaste_tf.reporting.run_files import Run
from copypaste_tf.serving import saved_model
from copypaste_tf.serving.prediction import Prediction

FILE = 'detections.json'


class Detections(Product):
  """A result is a list of COCO results, best first."""

  label = 'Detections'
  legend = comparison.LEGEND
  files = (FILE,)

  def result(self, outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Returns COCO results, best first; see the base class."""
    return detections.from_batch(**outputs).to_results()

  def served(
    self, outputs: Mapping[str, tf.Tensor], *, min_score: float
  ) -> dict[str, tf.Tensor]:
    """Returns the outputs that `saved_model.module` describes."""
    return saved_model.outputs(**outputs, min_score=min_score)

  def filtered(
    self, result: list[dict[str, Any]], min_score: float
  ) -> list[dict[str, Any]]:
    """Returns the detections of at least this score."""
    return [each for each in result if each['score'] >= min_score]

  def summary(self, results: Sequence[list[dict[str, Any]]]) -> str:
    """Returns the number of detections."""
    return f'{sum(map(len, results))} detections'

  def draw(
    self,
    image: np.ndarray,
    result: list[dict[str, Any]],
    names: Mapping[int, str],
  ) -> np.ndarray:
    """Draws boxes, masks and captions; see the base class."""
    objects = comparison.detected_objects(result, names)
    return drawing.draw_instances(image, *objects)

  def write(
    self, predictions: Sequence[Prediction], stems: Mapping[int, str]
  ) -> Files:
    """Returns one file with the COCO results of all images."""
    del stems
    every = [*itertools.chain(*(each.results for each in predictions))]

    def write(path: str) -> None:
      with open(path, 'w') as file:
        json.dump(every, file)

    return {FILE: write}

  def evaluator(self, run: Run) -> DetectionEvaluator:
    """Returns the evaluator with the detections of the run."""
    return run_evaluation.evaluator_of(run)

  def counts(self, evaluator: DetectionEvaluator) -> dict[str, int]:
    """Counts the annotated objects, without crowds."""
    return run_evaluation.object_counts(evaluator.groundtruth)

  def compare(
    self,
    run: Run,
    evaluator: DetectionEvaluator,
    *,
    min_score: float,
    limit: int,
  ) -> list[Comparison]:
    """Draws the first images that have objects; see the base class."""
    data = run.params.task.validation_data
    names = data_files.label_map(data.input_path)
    names |= {c['id']: c['name'] for c in evaluator.groundtruth['categories']}
    paths = data_files.expand(data.input_path)
    return comparison.compare(
      (record for _, _, record in records.read_records(paths)),
      run.predictions,
      names,
      min_score=min_score,
      limit=limit,
    )
