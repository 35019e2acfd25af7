"""Computes metrics of a model's outputs against ground truth.

`evaluator` is the interface. `coco_evaluator`, `lvis_evaluator` and
`voc_evaluator` measure detections, on the base `detection_evaluator`, and
`miou_evaluator` measures class maps; `protocols` names the first three.

In the order of the data: `groundtruth` reads the labels, `detections` holds the
outputs (`outputs` and `pasting` make them), and `results_file` reads those of
other programs. `coco_inputs` and `coco_results` check both. `overlaps` computes
IoUs, `coco`, `lvis` and `voc` compute average precision with the modules of
their prefix, `miou` computes mean IoU, and `tables` formats the numbers.
`resampled_ap` computes AP on resampled images.
"""
