"""Sets the environment variables that TensorFlow reads when it is imported.

Every verb imports this module first. Variables that the user has set stay.
"""

import ctypes
import os
import pathlib
import sys
import warnings

# Model Garden is written for Keras 2.
os.environ.setdefault('TF_USE_LEGACY_KERAS', '1')

_LEVEL = 'TF_CPP_MIN_LOG_LEVEL'
_DRIVERS = ('/dev/nvidiactl', '/dev/dxg', '/dev/accel0', '/dev/vfio')
_accelerated = any(pathlib.Path(driver).exists() for driver in _DRIVERS)
_chosen = _LEVEL not in os.environ
# Hides notes about CPU instructions. On a machine without accelerators, also
# hides the errors about their absence. Real failures raise exceptions.
os.environ.setdefault(_LEVEL, '2' if _accelerated else '3')

# A function of Abseil's C++ library, as TensorFlow 2.20 contains it.
_SET_LEVEL = (
  '_ZN4absl12lts_2025012712log_internal17RawSetMinLogLevel'
  'ENS0_18LogSeverityAtLeastE'
)


def quiet() -> None:
  """Hides what libraries deprecate, unless Python runs with -W."""
  if not sys.warnoptions:
    for category in (FutureWarning, DeprecationWarning):
      warnings.simplefilter('ignore', category)


def show_all() -> None:
  """Lets the libraries say everything; call it before TensorFlow starts."""
  if _chosen:
    os.environ[_LEVEL] = '0'


def set_level_of_xla() -> None:
  """Applies the level of TensorFlow's messages to those of XLA.

  XLA logs through Abseil, which does not read the environment. A TensorFlow
  with another Abseil keeps these messages.
  """
  import tensorflow as tf

  folder = pathlib.Path(tf.__file__).parent
  for path in folder.glob('libtensorflow_framework*'):
    set_level = getattr(ctypes.CDLL(str(path)), _SET_LEVEL, None)
    if set_level:
      # TensorFlow takes other texts for 0, too.
      level = os.environ[_LEVEL]
      set_level(ctypes.c_int(int(level) if level.isdecimal() else 0))
