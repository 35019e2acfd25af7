"""Mask R-CNN and Cascade Mask R-CNN as published (tensorflow/tpu).

In the order of the data:

* `build` makes the model of a config, `options` reads its settings.
* `layers` holds the layers that the modules below share.
* `backbones` maps an image to features: ResNet, EfficientNet.
* `pyramids` merges the features of all levels: FPN, NAS-FPN.
* `rpn` scores anchors and proposes regions.
* `regions` is the second stage: boxes, classes and masks of the proposals.
* `mask_rcnn` runs all of these.
* `segmentation` runs a backbone, a pyramid and `segmentation_head`.
* `box_coding` encodes boxes relative to anchors or proposals.
* `losses` computes the losses of both stages.
* `parts` lists and freezes the variables of a part of the model.
* `counting` counts parameters and multiply-adds.
* `checkpoints` reads published TF1 checkpoints.

The docstrings use one alphabet for shapes: `b` images, `h w` pixels, `h_l w_l`
positions of level `l`, `a` anchors per position, `A` anchors of an image, `n`
regions of an image, `m` ground-truth objects of an image, `k` classes, `c`
channels. Boxes are `(ymin, xmin, ymax, xmax)` in pixels of the model's input.
Box codes are `(ty, tx, th, tw)`, the offsets of `box_coding`.
"""
