"""The help has every flag with its form; wrong arguments get a hint."""

import pytest
from absl import flags

from copypaste_tf import checkpoint_flags, flag_help


@pytest.fixture
def values():
  own = flags.FlagValues()
  checkpoint_flags.define(own)
  flags.DEFINE_bool('dry', True, 'A switch.', flag_values=own)
  flags.DEFINE_enum('mode', 'b', ['a', 'b'], 'A choice.', flag_values=own)
  flags.DEFINE_integer('count', 3, 'A number.', flag_values=own)
  flags.DEFINE_string('out', None, 'X.', flag_values=own, required=True)
  return own


def test_every_flag_stands_in_a_group_with_form_and_default(values):
  text = flag_help.text('Does it.\n\npython -m x', values)
  assert text.startswith('Does it.\n\npython -m x\n\nFlags:\n')
  assert '  --[no]dry\n      A switch. Default: true.' in text
  assert '  --mode=a|b\n      A choice. Default: b.' in text
  assert '  --count=INTEGER\n      A number. Default: 3.' in text
  assert 'May be repeated.\n' in text and 'repeat this' not in text
  assert all(
    f'--{name}=' in text or f'--[no]{name}\n' in text for name in values
  )
  titles = ['Flags:', 'Flags of the model:', 'Flags of the config:']
  titles.append('Flags of the devices:')
  places = [text.index(f'\n{title}\n') for title in titles]
  assert places == sorted(places)
  assert text.index('--worker_hosts') > places[-1]
  assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
  ('name', 'hint'),
  [
    ('gin_flie', '; did you mean --gin_file?'),
    ('modeldir', '; did you mean --model_dir?'),
    ('xyzzy', ''),
  ],
)
def test_an_unknown_flag_is_answered_with_the_nearest(values, name, hint):
  message = flag_help.unknown(name, values)
  assert message == f'there is no flag --{name}{hint}'


@pytest.mark.parametrize(
  ('arguments', 'hint'),
  [
    (['model_dir=x'], 'did you mean --model_dir?'),
    (['False'], '--flag=false'),
    (['a.jpg', 'b.jpg'], "'a.jpg' and 1 more, write --flag=value"),
  ],
)
def test_an_argument_without_dashes_gets_a_hint(values, arguments, hint):
  message = flag_help.stray(arguments, values)
  assert message.startswith('expected flags only') and hint in message


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ([], '--out is required'),
    (['--out=x', '--count=y'], '--count=y: invalid literal'),
  ],
)
def test_a_value_that_does_not_fit_is_named_once(values, arguments, message):
  with pytest.raises(flags.Error) as caught:
    values(['verb', *arguments])
  assert flag_help.invalid(str(caught.value)).startswith(message)
