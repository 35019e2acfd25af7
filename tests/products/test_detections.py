"""Detections as files, and in the report of a run."""

import json

import numpy as np
import run_folder
import tensorflow as tf

from copypaste_tf.products.detections import Detections
from copypaste_tf.reporting import run_files
from copypaste_tf.serving.prediction import Prediction


def outputs():
  return {
    'source_ids': np.array([3]),
    'original_sizes': np.array([[20, 30]]),
    'boxes': np.array([[[1, 2, 9, 8], [0, 0, 5, 5]]], np.float32),
    'scores': np.array([[0.75, 0.25]], np.float32),
    'classes': np.array([[4, 2]]),
  }


def test_results_are_filtered_counted_and_written(tmp_path):
  product = Detections()
  results = product.result(outputs())
  assert [r['score'] for r in results] == [0.75, 0.25]
  kept = product.filtered(results, 0.5)
  assert kept == results[:1] and product.summary([results, kept]) == (
    '3 detections'
  )
  predictions = [Prediction(3, (20, 30), results), Prediction(4, (9, 9), kept)]
  ((name, write),) = product.write(predictions, {3: 'a', 4: 'b'}).items()
  assert (name,) == product.files
  write(str(tmp_path / name))
  assert json.loads((tmp_path / name).read_text()) == results + kept


def test_an_export_leaves_out_low_scores():
  tensors = {name: tf.constant(x) for name, x in outputs().items()}
  served = Detections().served(tensors, min_score=0.5)
  assert served['num_detections'].numpy().tolist() == [1]


def test_a_report_has_metrics_counts_and_pictures(tmp_path):
  run = run_files.read(str(run_folder.make(tmp_path)))
  product = Detections()
  evaluator = product.evaluator(run)
  assert evaluator.metrics()['mask_ap'] == 1.0
  assert sum(product.counts(evaluator).values()) == 3 * 4 - 1
  (pair,) = product.compare(run, evaluator, min_score=0.5, limit=1)
  assert pair.truth.shape == pair.prediction.shape
