"""Simple Copy-Paste (Ghiasi et al., CVPR 2021) for TensorFlow.

The rooms in the order of the data. A room imports only rooms above it:

- `examples`: the structures that the rooms exchange. `records`: one TFRecord
  example in NumPy. `drawing`: pictures of labels and detections.
- `augment`: Copy-Paste as pure functions of batches; imports TensorFlow only.
- `inputs`: the pipeline from record files to batches. `modeling`: the published
  models. `evaluation`: COCO metrics. `config`: gin files and types of values.
- `tasks`: a task with its config, labels, losses and metrics.
- `training`: config, checks, checkpoints and the loop of a run.
- `serving`: prediction and export. `reporting`: the HTML report of a run.
  `costs`: the cost of inputs and of the training step.
- One verb per file: `train`, `evaluate`, `check`, `visualize`, `report`,
  `predict`, `export`, `import_checkpoint`, `model_summary`, `benchmark_input`,
  `benchmark_step`, `tpu_check`, `data_service`. The file has the flags and
  needs no TensorFlow, so help and wrong flags are answered at once; the work is
  in `verbs`.
"""

__version__ = '0.1.0'
