"""Simple Copy-Paste (Ghiasi et al., CVPR 2021) for TensorFlow.

The subpackages ("rooms"), in the order in which data passes through them. Each
imports only some of those above it:

- `examples`: the structures that the subpackages exchange. `records`: one
  TFRecord example in NumPy. `drawing`: pictures of labels and detections.
- `augment`: Copy-Paste as pure functions of batches; imports TensorFlow only.
- `inputs`: the pipeline from record files to batches. `modeling`: the published
  models. `evaluation`: metrics of COCO, LVIS and Pascal VOC, and mean IoU.
  `config`: gin files and types of values. `pools`: work on many shards.
- `tasks`: a task with its config, labels, losses and metrics.
- `training`: config, checks, checkpoints and the loop of a run.
- `serving`: prediction and export. `reporting`: the HTML report of a run.
  `products`: what the outputs of a task become outside of a training.
  `labelling`: pseudo labels. `augmented`: export of training examples.
  `costs`: the cost of inputs and of the training step.
- One command ("verb") per file: `train`, `evaluate`, `check`, `visualize`,
  `report`, `predict`, `export`, `export_augmented`, `pseudo_label`,
  `import_checkpoint`, `model_summary`, `benchmark_input`, `benchmark_step`,
  `tpu_check`, `data_service`. The file defines the flags and imports no
  TensorFlow, so it answers `--help` and wrong flags at once; the work is in
  `verbs`. The other files beside them hold what verbs and subpackages share,
  such as `*_flags`, `command_line`, `console` and `whole_files`.
"""

__version__ = '0.1.0'
