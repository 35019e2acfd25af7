"""Computes metrics of a model's outputs against ground truth.

`evaluator` is the interface, `coco_evaluator` the implementation with COCO's
metrics. In the order of the data: `groundtruth` reads the labels, `detections`
holds the outputs, `results_file` reads those of other programs, `coco_inputs`
and `coco_results` check both, `coco` computes average precision, `tables`
formats it.
"""
