"""Semantic segmentation: a class for each pixel.

`task` puts the parts together. `config` and `model_config` are what a recipe
binds, and `checks` checks it. `labels`, `losses`, `predictions` and
`evaluation` are the steps from class maps to mean IoU; `captions` describes the
task in reports.
"""
