"""The converters share their flags, and each flag is an option."""

import contextlib
import dataclasses
import importlib
import io

import pytest
from absl import flags

from tfrecord_tools import conversion_flags
from tfrecord_tools.options import Options


def test_every_shared_flag_sets_an_option(monkeypatch):
  own = flags.FlagValues()
  for kind in ('string', 'integer', 'bool', 'float', 'list', 'enum'):
    define = getattr(flags, f'DEFINE_{kind}')
    monkeypatch.setattr(
      flags,
      f'DEFINE_{kind}',
      lambda *a, define=define, **k: define(*a, flag_values=own, **k),
    )
  conversion_flags.define_output()
  conversion_flags.define_choice_of_images()
  conversion_flags.define_faults()
  options = {field.name: field.default for field in dataclasses.fields(Options)}
  judged_later = {'max_dropped'}
  assert {*own} - judged_later <= options.keys()
  for name in {*own} - judged_later - {'output_prefix'}:
    default = options[name]
    assert own[name].default == (list(default) if name == 'split' else default)


@pytest.mark.parametrize('verb', ['create_coco', 'create_image'])
def test_both_converters_have_them(verb):
  module = importlib.import_module(f'tfrecord_tools.{verb}_tfrecord')
  before, printed = set(flags.FLAGS), io.StringIO()
  with (
    contextlib.redirect_stdout(printed),
    contextlib.suppress(SystemExit),
  ):
    module.run(['x', '--help'])
  for name in set(flags.FLAGS) - before:
    delattr(flags.FLAGS, name)
  for flag in ('--id_offset=', '--max_dropped=', '--split=', '--num_shards='):
    assert flag in printed.getvalue()
