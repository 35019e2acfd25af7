"""Settings that TensorFlow reads when it is imported; verbs import this first.

Only what the user has not set.
"""

import os
import pathlib

# Model Garden is written for Keras 2.
os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')

_DRIVERS = ('/dev/nvidiactl', '/dev/dxg', '/dev/accel0', '/dev/vfio')
_accelerated = any(pathlib.Path(driver).exists() for driver in _DRIVERS)
# Without the notes about CPU instructions; on a machine without accelerators
# also without the complaints that there are none. What fails raises anyway.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2' if _accelerated else '3')
