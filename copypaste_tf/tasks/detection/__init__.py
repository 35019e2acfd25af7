"""Instance segmentation with Mask R-CNN and Cascade Mask R-CNN.

`task` puts the parts together. `config`, `model_config` and `loss_weights` are
what a recipe binds; `model_checks` and `boxes_alone` check it. `labels` builds
the targets of a step, and `losses` its losses, weighed by `set_weights`,
`loss_means` and `class_balance`. `predictions` turns outputs into detections,
`evaluation` chooses how to measure them, and `captions` and `model_table`
describe the task in reports.
"""
