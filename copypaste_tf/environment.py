"""Settings that TensorFlow reads when it is imported; verbs import this first.

Only what the user has not set. Errors are always shown.
"""

import os

# Model Garden is written for Keras 2.
os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')
# Without the notes about CPU instructions and devices that are not there.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
