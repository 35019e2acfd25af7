"""Gin files: bindings with their lines; `test_gin_config` has the faults."""

import gin
import pytest

from copypaste_tf.config import gin_files
from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_bindings import in_effect


@gin.configurable(module='tests')
def oven(degrees=180, shelf=None):
  return degrees, shelf


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  return tmp_path


def parsed(files, params, configurables):
  return in_effect(gin_files.statements(files, params, configurables))


def parse(folder, text, params=()):
  (folder / 'x.gin').write_text(text)
  return parsed(['x.gin'], params, {'oven': oven})


def told(bindings):
  return [(b.name, b.value, b.where) for b in bindings]


def test_bindings_know_their_lines(folder):
  text = (
    '# Heat.\noven.degrees = 90\n\nslow/oven.shelf = [1,\n  2]\n'
    'oven.shelf = @slow/oven()\n'
  )
  assert told(parse(folder, text))[:2] == [
    ('oven.degrees', 90, 'x.gin:2'),
    ('slow/oven.shelf', [1, 2], 'x.gin:4'),
  ]


def test_the_last_binding_is_in_effect(folder):
  text = 'oven.degrees = 90\noven.degrees = 100'
  assert told(parse(folder, text)) == [('oven.degrees', 100, 'x.gin:2')]
  params = ['oven.degrees = 110']
  assert told(parse(folder, text, params)) == [
    ('oven.degrees', 110, '--gin_params')
  ]


def test_macros_are_remembered(folder):
  macro, plain, nested = parse(
    folder, 'HEAT = 90\noven.degrees = %HEAT\noven.shelf = [1, %HEAT]'
  )
  assert (macro.parameter, macro.name, macro.macros) == ('', 'HEAT', ())
  assert plain.macros == nested.macros == ('HEAT',)


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('oven.degree = 3', "x.gin:1: .*no parameter 'degree'; .*'degrees'"),
    ('\novn.degrees = 3', "x.gin:2: .*no configurable 'ovn'; .*'oven'"),
    ('HEAT = 3', "x.gin:1: nobody reads the macro 'HEAT'$"),
    ('oven.degrees = %HEAT', "x.gin:1: oven.degrees: no macro 'HEAT'$"),
    ("\ninclude 'y.gin'", "x.gin:2: include: no gin file 'y.gin'"),
    ('oven.degrees = )', 'x.gin:1: cannot parse'),
  ],
)
def test_faults_say_where(folder, text, message):
  with pytest.raises(ConfigError, match=message):
    parse(folder, text)


def test_a_macro_goes_with_the_binding_that_read_it(folder):
  text = 'HEAT = 90\noven.degrees = %HEAT'
  (folder / 'x.gin').write_text(text)
  replaced = 'oven.degrees = 3'
  (left,) = parsed(['x.gin'], [replaced], {'oven': oven})
  assert (left.name, left.value) == ('oven.degrees', 3)
  message = "--gin_params: nobody reads the macro 'HEAT'; oven.degrees did"
  with pytest.raises(ConfigError, match=message):
    parsed(['x.gin'], [replaced, 'HEAT = 80'], {'oven': oven})


def test_an_include_lies_beside_its_file(folder):
  (folder / 'sub').mkdir()
  (folder / 'sub/part.gin').write_text('oven.degrees = 70')
  (folder / 'sub/all.gin').write_text("include 'part'\noven.shelf = 1")
  found = parsed(['sub/all'], [], {'oven': oven})
  assert told(found) == [
    ('oven.degrees', 70, 'sub/part.gin:1'),
    ('oven.shelf', 1, 'sub/all.gin:2'),
  ]


def test_a_scope_without_a_reference_is_an_error(folder):
  with pytest.raises(ConfigError, match="scope 'slwo'; did you mean 'slow'"):
    parse(folder, 'oven.shelf = @slow/oven()\nslwo/oven.degrees = 90')
  # A later line may replace the reference.
  lines = ['oven.shelf = None']
  text = 'oven.shelf = @slow/oven()\nslow/oven.degrees = 90'
  names = [b.name for b in parse(folder, text, lines)]
  assert names == ['oven.shelf', 'slow/oven.degrees']
