"""Simple Copy-Paste (Ghiasi et al., CVPR 2021) for TensorFlow.

In the order of the data; imports point upwards in this list only:

- `examples`: the typed records; `records`: one record in NumPy;
  `drawing`: pictures of labels; `pillow_rgb`: pixels of image files.
- `augment`: the method, pure functions of batches; imports TensorFlow only.
- `inputs`: from record files to batches. `modeling`: anchor targets and the
  published models. `evaluation`: COCO metrics.
- `training`: the experiment, its configuration and its record.
- One verb, one file: `train`, `evaluate`, `check`, `visualize`, `report`,
  `predict`, `export`, `model_summary`, `import_checkpoint`.
"""

__version__ = '0.1.0'
