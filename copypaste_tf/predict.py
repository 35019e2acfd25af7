r"""Detects objects in image files: COCO results, and pictures of them.

python -m copypaste_tf.predict --model_dir=build/smoke \
    --images='build/shapes/images/val/*.png' --output=build/predictions
"""

from copypaste_tf import environment  # isort: split

import json
import os
import sys
from collections.abc import Sequence

import tensorflow as tf
from absl import app, flags

from copypaste_tf import checkpoint_flags, config_flags
from copypaste_tf.inputs import images as image_files
from copypaste_tf.reporting import category_names, pictures
from copypaste_tf.training import data_files, prediction
from copypaste_tf.training.inference import Detector

del environment  # Imported for what it sets.

DETECTIONS_FILE = 'detections.json'
IMAGES_FILE = 'images.json'
PICTURES = 'pictures'
