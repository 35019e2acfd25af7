"""Reads and writes TFRecord examples in NumPy.

The modules in the order of the data: `streams` and `files` read serialized
examples, `features` reads the typed lists of an example, `fields` converts the
lists to arrays, and `record` joins the arrays. `record_features` counts objects
and unknown features. `record_categories` lists the categories of each record,
`category_counts` adds them up, and `image_ids` compares the ids of two sets.
`id_planes`, `rle` and `png` encode masks, `class_maps` reads and makes class
maps, `pictures` and `pillow_rgb` decode image files. `shard_names` names the
files of a set, and `tfds_features` and `tfds_metadata` describe them for
TensorFlow Datasets. `voc_devkit` and `voc_xml` read Pascal VOC's own files.
"""

from copypaste_tf.records.files import read_serialized as read_serialized
from copypaste_tf.records.id_planes import layer_masks as layer_masks
from copypaste_tf.records.record import Record as Record
from copypaste_tf.records.record import instance_masks as instance_masks
from copypaste_tf.records.record import parse as parse
from copypaste_tf.records.record import read_records as read_records
from copypaste_tf.records.record import serialize as serialize
