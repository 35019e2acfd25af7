"""A value that gin cannot parse is shown as it is meant."""

import pytest

from copypaste_tf.config import gin_files, spelling
from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_bindings import in_effect


def parsed(files, params, configurables):
  return in_effect(gin_files.statements(files, params, configurables))


@pytest.mark.parametrize(
  ('value', 'meant'),
  [
    ('data/r50', "'data/r50'"),
    ('data/x*.tfrecord', "'data/x*.tfrecord'"),
    ('gs://b/x', "'gs://b/x'"),
    ('one', "'one'"),
    ('efficientnet-b7', "'efficientnet-b7'"),
    ('~/my data/x', "'~/my data/x'"),
    ('C:\\data\\r50', "'C:\\\\data\\\\r50'"),
    ('“data/x”', '"data/x"'),
    ('0.8,0.95', '(0.8, 0.95)'),
    ('0.8, 0.95', '(0.8, 0.95)'),
    ('[backbone, decoder]', "['backbone', 'decoder']"),
    ('(backbone,)', "('backbone',)"),
    ('{norm: 1, x: true}', "{'norm': 1, 'x': True}"),
    ('false', 'False'),
    ('null', 'None'),
    ('1,000', '1000'),
    ('-12,345,678', '-12345678'),
  ],
)
def test_a_value_is_shown_as_gin_reads_it(value, meant):
  assert spelling.suggest(f'a.b={value}') == f'a.b = {meant}'


@pytest.mark.parametrize(
  'line', ['', 'a.b', 'a.b =', "a.b = 'x", 'a.b = @x y', 'two words = 3']
)
def test_nothing_is_guessed_from_other_lines(line):
  assert spelling.suggest(line) == ''


@pytest.mark.parametrize('written', ['smoke', '“smoke”', "'smoke"])
def test_an_included_name_is_shown_in_quotes(written):
  assert spelling.suggest(f'include {written}') == "include 'smoke'"


@pytest.mark.parametrize('between', [' ', ',', '; '])
def test_two_bindings_in_a_line_are_no_text(between):
  line = f'a.b=1{between}a.c=2'
  assert spelling.two_bindings(line) and spelling.suggest(line) == ''
  assert not spelling.two_bindings('a.b=1')


def configurable(path=''):
  return path


@pytest.mark.parametrize(
  'value', [r"'C:\data\train'", r"['x', ('a\0b',)]", r"'C:\Users\x'"]
)
def test_an_escape_in_a_path_is_refused(value):
  line = f'configurable.path={value}'.replace('\\\\', '\\')
  with pytest.raises(ConfigError, match='a backslash starts an escape'):
    parsed([], [line], {'configurable': configurable})


@pytest.mark.parametrize(
  ('line', 'said'),
  [
    ('configurable.path=1 configurable.path=2', 'one binding a line'),
    ("configurable.path=(f('x'))", 'expected a number, a text in quotes'),
    ("configurable.path=('x'", 'has no end'),
    ('configurable.path=' + '[' * 900, 'nested too deep'),
    ('configurable.path=@nobody', "no configurable 'nobody'"),
    ('import os', 'imports no module'),
  ],
)
def test_the_error_is_one_line_that_says_what_to_write(line, said):
  with pytest.raises(ConfigError, match=said) as caught:
    parsed([], [line], {'configurable': configurable})
  assert '\n' not in str(caught.value)


def test_files_that_include_each_other_are_an_error(tmp_path):
  for name, other in (('a', 'b'), ('b', 'a')):
    (tmp_path / f'{name}.gin').write_text(f"include '{other}.gin'\n")
  with pytest.raises(ConfigError, match='include each other'):
    parsed([str(tmp_path / 'a.gin')], [], {})


def test_the_error_shows_the_value_in_quotes(tmp_path):
  known = {'configurable': configurable}
  line = 'configurable.path=data/r50'
  path = tmp_path / 'mine.gin'
  path.write_text(f'# mine\n{line}\n')
  for files, params, place in (
    ([], [line], '--gin_params: '),
    ([str(path)], [], 'mine.gin:2: '),
  ):
    with pytest.raises(ConfigError) as caught:
      parsed(files, params, known)
    message = str(caught.value)
    assert place in message and 'quotes' in message
    assert message.endswith(": configurable.path = 'data/r50'")
    assert 'ast.' not in message and '\n' not in message
