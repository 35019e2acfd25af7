"""Reads records on the host and makes batches for training and evaluation.

In the order of the data:

- `data_config` declares the config. `record_sets` resolves it to the sets that
  it reads, `batch_layout` divides a batch between them, and `set_problems`
  finds sets that cannot share one. `data_files` expands paths.
- `host_part` computes the part of a host, and `record_order` the order of its
  records. `repeat_factors` and `repeats` repeat those of rare classes.
- `decode` decodes a record to a scene, with `decode_masks`, `decode_class_map`
  and `decode_extras`; `object_roles` decides which objects are labels.
- `groups` and `partners` mix and pair scenes. `scene_batches` and `reader` make
  batches, `composing` and `class_weights` read the options of Copy-Paste, and
  `buffers` limits what is made ahead.
- `pipeline` puts the stages together; `data_service` runs them on other
  machines. `faults` finds the record that caused an error, and `image_files`
  reads images outside of records.
"""
