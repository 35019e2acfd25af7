"""Simple Copy-Paste as one pure function of a batch; imports TensorFlow only.

In the order of the data: `options` are the knobs; `random`, `boxes`, `planes`,
`layers`, `extents` and `masks` the tools; `scenes` makes the elements of a
batch; `jitter` draws and `warp` moves both images, `canvas` keeps what is to be
seen, `pairing` and `selection` draw who gives what, `blend` and `occlusion`
mend pixels and labels, `copy_paste` puts the example together, and `augment` is
all of it.
"""

from copypaste_tf.augment.augmentation import augment as augment
from copypaste_tf.augment.augmentation import pair as pair
from copypaste_tf.augment.labels.masks import crop_masks as crop_masks
from copypaste_tf.augment.labels.masks import instance_masks as instance_masks
from copypaste_tf.augment.options import CopyPaste as CopyPaste
from copypaste_tf.augment.options import ScaleJitter as ScaleJitter
from copypaste_tf.augment.pixels.warp import denormalize as denormalize
from copypaste_tf.augment.scenes import from_masks as from_masks
