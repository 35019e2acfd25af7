"""A value that gin cannot parse is shown as it is meant."""

import pytest

from copypaste_tf.config import gin_files, spelling
from copypaste_tf.config.config_types import ConfigError


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
  ],
)
def test_a_value_is_shown_as_gin_reads_it(value, meant):
  assert spelling.suggest(f'a.b={value}') == f'a.b = {meant}'


@pytest.mark.parametrize(
  'line', ['', 'a.b', 'a.b =', "a.b = 'x", 'a.b = @x y', 'two words = 3']
)
def test_nothing_is_guessed_from_other_lines(line):
  assert spelling.suggest(line) == ''


def configurable(path=''):
  return path


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
      gin_files.parse(files, params, known)
    message = str(caught.value)
    assert place in message and 'quotes' in message
    assert message.endswith(": configurable.path = 'data/r50'")
    assert 'ast.' not in message and '\n' not in message
