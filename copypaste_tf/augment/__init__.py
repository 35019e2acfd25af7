"""Simple Copy-Paste as one pure function of a batch; imports TensorFlow only.

In the order of the data: `options` declares the knobs, `scene_checks` and
`scenes` make the elements of a batch, `drawing` makes the random decisions,
`warp` and `canvas` put the images on the output grid, `copy_paste` composes two
of them, `occlusion` updates the labels of the target, `joining` makes the
training example, `mixup` composes two images in another way, `compositions`
registers both, `traits` reads what is special about one, `ignored_regions`
keeps the boxes of objects that are neither labels nor background, and
`augmentation` runs all of it in one function, `augment`. `draws` holds the
random draws, `labels` the id planes, boxes and masks, `pixels` the operations
on pixels, and `engines` two forms of the operations on whole images, one for
CPUs and one for GPUs and TPUs.
"""

from copypaste_tf.augment.augmentation import augment as augment
from copypaste_tf.augment.augmentation import pair as pair
from copypaste_tf.augment.labels.masks import crop_masks as crop_masks
from copypaste_tf.augment.labels.masks import instance_masks as instance_masks
from copypaste_tf.augment.mixup import Mixup as Mixup
from copypaste_tf.augment.options import CopyPaste as CopyPaste
from copypaste_tf.augment.options import ScaleJitter as ScaleJitter
from copypaste_tf.augment.pixels.normalization import denormalize as denormalize
from copypaste_tf.augment.scenes import from_masks as from_masks
