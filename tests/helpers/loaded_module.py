"""Loads a module that defines flags, with flags of its own."""

import functools
import runpy

import pytest
from absl import flags

from copypaste_tf import checkpoint_flags, config_flags

MARKERS = ('mark_flag_as_required', 'mark_flags_as_required')


def _define(define, own, _=None):
  define(own)


def load(module):
  """Runs a module with flags of its own; returns its names and the flags."""
  own = flags.FlagValues()
  with pytest.MonkeyPatch.context() as patch:
    for name in dir(flags):
      if name.startswith('DEFINE_') or name in MARKERS:
        bound = functools.partial(getattr(flags, name), flag_values=own)
        patch.setattr(flags, name, bound)
    for shared in (config_flags, checkpoint_flags):
      define = functools.partial(_define, shared.define, own)
      patch.setattr(shared, 'define', define)
    names = runpy.run_module(module, run_name='loaded')
    names.get('_define_flags', lambda: None)()
  return names, own
