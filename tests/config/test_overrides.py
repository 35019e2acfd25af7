"""Overrides: read with their lines, applied strictly."""

import dataclasses

import pytest
from official.modeling import hyperparams

from copypaste_tf.config import overrides
from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.overrides import Override


@dataclasses.dataclass
class Part(hyperparams.Config):
  rate: float = 0.5
  steps: int = 3


@dataclasses.dataclass
class Whole(hyperparams.Config):
  part: Part = dataclasses.field(default_factory=Part)
  spare: Part | None = None
  many: list[Part] = dataclasses.field(default_factory=list)


def test_a_file_gives_a_line_to_every_value(tmp_path):
  path = tmp_path / 'x.yaml'
  path.write_text('a:\n  b: 1\n  c: [2,\n    3]\nd.e: {}\n')
  assert overrides.from_file(str(path)) == [
    Override(('a', 'b'), 1, f'{path}:2'),
    Override(('a', 'c'), [2, 3], f'{path}:3'),
    Override(('d', 'e'), {}, f'{path}:5'),
  ]
  assert overrides.from_flag(str(path)) == overrides.from_file(str(path))


@pytest.mark.parametrize(
  'text', ['a.b=1,a.c=x', 'a: {b: 1, c: x}', '{"a": {"b": 1, "c": "x"}}']
)
def test_a_flag_is_pairs_yaml_or_json(text):
  assert overrides.from_flag(text) == [
    Override(('a', 'b'), 1, '--params_override'),
    Override(('a', 'c'), 'x', '--params_override'),
  ]


@pytest.mark.parametrize('text', ['x', '[1]', '3'])
def test_other_flags_are_refused(text):
  with pytest.raises(ConfigError, match='--params_override: expected nested'):
    overrides.from_flag(text)


def test_files_that_are_missing_or_no_yaml_are_refused(tmp_path):
  with pytest.raises(ConfigError, match='--config_file: no file .*gone'):
    overrides.from_file(str(tmp_path / 'gone'))
  (tmp_path / 'x').write_text('a: [')
  with pytest.raises(ConfigError, match=f'{tmp_path}/x: '):
    overrides.from_file(str(tmp_path / 'x'))


def test_later_overrides_win_and_tell_where():
  config = Whole()
  changed = overrides.apply(
    config,
    [
      Override(('part', 'steps'), 4, 'first'),
      Override(('part', 'steps'), 5, 'second'),
      Override(('part', 'rate'), '1e-3', 'third'),
    ],
  )
  assert (config.part.steps, config.part.rate) == (5, 1e-3)
  assert changed == {'part.steps': 'second', 'part.rate': 'third'}


def test_absent_parts_are_created():
  config = Whole()
  overrides.apply(config, [Override(('spare', 'steps'), 9, '')])
  assert config.spare == Part(steps=9)


def test_a_list_of_mappings_is_one_of_configs():
  config = Whole(many=[Part(rate=0.25)])
  changes = [Override(('many',), [{'steps': 9}, {'rate': 1}], 'x:1')]
  assert overrides.apply(config, changes) == {'many': 'x:1'}
  assert config.many == [Part(steps=9), Part(rate=1)]
  overrides.apply(config, [Override(('many',), [], '')])
  assert config.many == []


@pytest.mark.parametrize(
  ('path', 'value', 'message'),
  [
    ('part.step', 1, "x:1: part.step: part has no 'step'; did you mean 'steps"),
    ('prt', 1, "x:1: prt: the config has no 'prt'; did you mean 'part'"),
    ('part.steps.more', 1, "part.steps has no 'more'$"),
    ('part.steps', 1.5, 'x:1: part.steps: expected int, got 1.5'),
    ('part.rate', 'fast', "part.rate: expected float, got 'fast'"),
    ('part', 3, 'part: expected Part, got 3'),
    ('many', [{'step': 1}], "x:1: many: step: the config has no 'step'"),
    ('many', [{'steps': 'x'}], 'x:1: many: steps: expected int'),
    ('many', [3], 'many: expected list of Part'),
  ],
)
def test_unknown_names_and_other_types_are_refused(path, value, message):
  with pytest.raises(ConfigError, match=message):
    overrides.apply(Whole(), [Override(tuple(path.split('.')), value, 'x:1')])


def test_a_flag_that_stands_for_a_path_is_not_taken_for_a_misspelt_name():
  change = Override(('part', 'step'), 4, '--steps', by_flag=True)
  with pytest.raises(ConfigError) as error:
    overrides.apply(Whole(), [change])
  assert str(error.value) == (
    "--steps does not apply: Part of the recipe has no 'step'; leave the flag "
    'out'
  )


def test_a_mapping_is_its_leaves():
  assert overrides.from_mapping({'a': {'b': 1}, 'c': 2}, 'there') == [
    Override(('a', 'b'), 1, 'there'),
    Override(('c',), 2, 'there'),
  ]


@pytest.mark.parametrize(
  ('text', 'said'),
  [
    ('a:\n\tb: 1\n', 'line 2: .*indent with spaces'),
    ('a: 1\nb: 2\na: 3\n', 'line 3: a is there already, in line 1'),
    ('a:\n  b: 1\n  b: 2\n', 'line 3: b is there already, in line 2'),
    ('1: 2\n', "line 1: expected the name of a parameter, got '1'"),
    ('[1, 2]: 2\n', 'expected the name of a parameter, got .a list'),
    ('x: &x {b: 1}\na:\n  <<: *x\n', 'line 3: expected the name'),
    ('a: &a\n  b: *a\n', 'nested too deep'),
    ('a: {b: 1\n', 'cannot parse: line 2'),
    ('a: 2020-13-45\n', 'month'),
    ('# long\n' * 99, 'expected nested names'),
  ],
)
def test_a_file_that_does_not_fit_gets_one_short_line(tmp_path, text, said):
  path = tmp_path / 'mine.yaml'
  path.write_text(text)
  with pytest.raises(ConfigError, match=said) as caught:
    overrides.from_file(str(path))
  message = str(caught.value).removeprefix(f'{path}: ')
  assert '\n' not in message and len(message) < 150


@pytest.mark.parametrize('text', ['a.b=1,000', '=7', 'a.b=/x/[a]*.tfrecord'])
def test_pairs_that_cannot_be_read_name_the_flag(text):
  with pytest.raises(ConfigError, match='--params_override: expected NAME='):
    overrides.from_flag(text)


def test_a_file_that_is_not_there_is_no_text():
  with pytest.raises(ConfigError, match=r"no file '/x/y\.yaml'"):
    overrides.from_flag('/x/y.yaml')
