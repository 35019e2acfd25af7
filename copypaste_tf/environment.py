"""Sets the environment variables that TensorFlow reads when it is imported.

Every verb imports this module first. Variables that the user has set stay.
"""

import os
import pathlib

# Model Garden is written for Keras 2.
os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')

_DRIVERS = ('/dev/nvidiactl', '/dev/dxg', '/dev/accel0', '/dev/vfio')
_accelerated = any(pathlib.Path(driver).exists() for driver in _DRIVERS)
# Hides notes about CPU instructions. On a machine without accelerators, also
# hides the errors about their absence. Real failures raise exceptions.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2' if _accelerated else '3')
