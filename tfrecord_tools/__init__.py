"""Commands that create, inspect and validate TFRecords.

In the order of the data:

- A loader reads one format of annotations into typed `entries`; `loaders` looks
  it up. `coco_json` loads COCO and LVIS with the modules `coco_*`,
  `voc_folder` Pascal VOC with `voc_*`, `tfds_dataset` TensorFlow Datasets with
  `tfds_*`; `image_folder` and `image_json` load images without labels.
- `file_names` finds the image files, `images` reads them, and `annotations`
  checks each object with `box_forms`, `placed_boxes` and `segmentation`.
- `record_building` makes a record, `conversion` converts a shard, `shard_pool`
  writes the shards, and `dataset_conversion` converts the whole data set and
  writes the `manifest`. `faults` and `losses` count what is lost.
- `validation` checks records. `shapes`, `shape_scenes` and `textures` generate
  a data set.

One command per file, as in `copypaste_tf`; the work of each is in `verbs`.
"""

from copypaste_tf import environment as environment  # Before TensorFlow.
