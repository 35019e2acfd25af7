"""One TFRecord example in NumPy, and what its bytes are made of.

In the order of the data: `files` finds serialized examples, `features` reads
their typed lists, `fields` turns lists into arrays, `record` joins them;
`id_planes`, `rle`, `png` and `pillow_rgb` are the forms of masks and images.
"""

from copypaste_tf.records.files import read_serialized as read_serialized
from copypaste_tf.records.id_planes import layer_masks as layer_masks
from copypaste_tf.records.record import EXTRA as EXTRA
from copypaste_tf.records.record import Record as Record
from copypaste_tf.records.record import instance_masks as instance_masks
from copypaste_tf.records.record import parse as parse
from copypaste_tf.records.record import read_records as read_records
from copypaste_tf.records.record import serialize as serialize
