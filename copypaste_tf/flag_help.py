"""Formats the help of a verb, and messages about wrong arguments."""

import difflib
import textwrap
from collections.abc import Sequence

from absl import flags

from copypaste_tf import config_flags

FULL = frozenset(('--helpfull', '-helpfull'))
ASKS = FULL | {'--help', '-help', '-h', '-?', '--helpshort', '-helpshort'}
_WIDTH = 80
_LIBRARIES = 'Flags of the libraries'
_MISSING = 'must have a value other than None'
_REPEATED = '; repeat this option to specify a list of values'
_TITLES = {
  'copypaste_tf.checkpoint_flags': 'Flags of the model',
  'copypaste_tf.config_flags': 'Flags of the config',
  'absl': _LIBRARIES,
}


def text(doc: str, values: flags.FlagValues, *, full: bool = False) -> str:
  """Returns the help of a verb.

  Args:
    doc: docstring of the verb.
    values: the flags that are defined.
    full: whether to add the flags of the libraries.
  """
  groups = _groups(values)
  if not full:
    groups.pop(_LIBRARIES, None)
  parts = [doc.strip()]
  for title, group in groups.items():
    parts.append(f'{title}:\n' + '\n'.join(map(_describe, group)))
  parts.append(
    '--verbosity=0 shows all messages of the libraries, and tracebacks;\n'
    '--helpfull lists the flags of the libraries.'
  )
  return '\n\n'.join(parts)


def unknown(name: str, values: flags.FlagValues) -> str:
  """Returns the message about a flag that does not exist."""
  return f'there is no flag --{name}{_nearest(name, values)}'


def invalid(message: str, values: flags.FlagValues) -> str:
  """Returns absl's message about values of flags, in terms of the command."""
  lines = [line.removeprefix('flag ') for line in message.splitlines()]
  missing = [line.partition('=')[0] for line in lines if _MISSING in line]
  others = [_reason(line, values) for line in lines if _MISSING not in line]
  if missing:
    verb = 'are' if missing[1:] else 'is'
    others.append(f'{" and ".join(missing)} {verb} required')
  return '; '.join(others)


def _reason(line: str, values: flags.FlagValues) -> str:
  """Returns a line about a value, with what the type of the flag expects."""
  argument = line.partition(': ')[0]
  name, _, value = argument.partition('=')
  if name.removeprefix('--') not in values:
    return line
  flag = values[name.removeprefix('--')]
  try:
    flag.parser.parse(value)
  except ValueError:
    expected = 'true or false' if flag.boolean else flag.parser.syntactic_help
    return f'{argument}: expected {expected or _kind(flag)}'
  return line  # The value has the type, and a check of the verb refuses it.


def stray(arguments: Sequence[str], values: flags.FlagValues) -> str:
  """Returns the message about arguments that are no flags."""
  first = arguments[0]
  if '=' in first:
    hint = _nearest(first.partition('=')[0], values)
  elif first.lower() in ('true', 'false'):
    hint = ', write --flag=true or --flag=false'
  else:
    hint = ', write --flag=value, and patterns and spaces in quotes'
  count = f' and {len(arguments) - 1} more' if arguments[1:] else ''
  return f'expected flags only, got {first!r}{count}{hint}'


def _nearest(name: str, values: flags.FlagValues) -> str:
  names = [flag.name for group in _groups(values).values() for flag in group]
  near = difflib.get_close_matches(name.lstrip('-'), names, 1)
  return f'; did you mean --{near[0]}?' if near else ''


def _groups(values: flags.FlagValues) -> dict[str, list[flags.Flag]]:
  """Returns the flags by the title of their group, those of the verb first."""
  groups = {'Flags': []}
  for module, members in values.flags_by_module_dict().items():
    package = 'absl' if module.startswith('absl') else module
    for flag in members:
      title = _TITLES.get(package, 'Flags')
      if flag.name in config_flags.RUNTIME:
        title = 'Flags of the devices'
      groups.setdefault(title, []).append(flag)
  order = ['Flags', *_TITLES.values()]
  order.insert(-1, 'Flags of the devices')
  return {title: groups[title] for title in order if groups.get(title)}


def _describe(flag: flags.Flag) -> str:
  """Returns the lines about a flag: its form, its default and its help."""
  form = (
    f'--[no]{flag.name}' if flag.boolean else f'--{flag.name}={_kind(flag)}'
  )
  # The form of the flag already says the part that absl adds.
  about = ' '.join((flag.help or '').split()).removesuffix(_REPEATED)
  about = about.removeprefix(f'<{_kind(flag)}>: ')
  if flag.default not in (None, '', [], False):
    about += f' Default: {flag.default_as_str[1:-1]}.'
  wrapped = textwrap.wrap(
    about, _WIDTH - 6, break_long_words=False, break_on_hyphens=False
  )
  return '\n'.join([f'  {form}', *(f'      {line}' for line in wrapped)])


def _kind(flag: flags.Flag) -> str:
  if isinstance(flag.parser, flags.EnumParser):
    return '|'.join(flag.parser.enum_values)
  return {'int': 'INTEGER', 'float': 'NUMBER'}.get(
    flag.flag_type().removeprefix('multi '), 'TEXT'
  )
