"""Reads and writes TFRecord examples in NumPy.

The modules in the order of the data: `files` reads serialized examples,
`features` reads the typed lists of an example, `fields` converts the lists to
arrays, and `record` joins the arrays. `record_features` counts objects and
unknown features. `record_categories` lists the categories of each record, and
`category_counts` adds them up. `id_planes`, `rle` and `png` encode masks,
`class_maps` reads and makes maps of classes;
`pictures` and `pillow_rgb` decode image files.
"""

from copypaste_tf.records.files import read_serialized as read_serialized
from copypaste_tf.records.id_planes import layer_masks as layer_masks
from copypaste_tf.records.record import Record as Record
from copypaste_tf.records.record import instance_masks as instance_masks
from copypaste_tf.records.record import parse as parse
from copypaste_tf.records.record import read_records as read_records
from copypaste_tf.records.record import serialize as serialize
