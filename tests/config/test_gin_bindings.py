"""The last binding of a name is in effect."""

import pytest

from copypaste_tf.config.config_types import ConfigError
from copypaste_tf.config.gin_bindings import (
  COMMAND_LINE,
  Binding,
  check_scopes,
  in_effect,
)


def binding(name, value, where='a.gin:1', **more):
  selector, _, parameter = name.partition('.')
  return Binding('', selector, parameter, value, where, **more)


def test_the_last_binding_of_a_name_is_in_effect():
  first, other, last = (
    binding('a.x', 1),
    binding('a.y', 2),
    binding('a.x', 3, 'b.gin:1'),
  )
  assert in_effect([first, other, last]) == [last, other]


def test_a_macro_without_a_reader_is_refused_unless_its_reader_was_replaced():
  macro = binding('SIZE', 1)
  with pytest.raises(ConfigError, match="nobody reads the macro 'SIZE'"):
    in_effect([macro])
  reader = binding('a.x', 'ref', macros=('SIZE',))
  replaced = [macro, reader, binding('a.x', 2)]
  assert in_effect(replaced) == replaced[2:]
  replaced[0] = macro._replace(where=COMMAND_LINE)
  with pytest.raises(ConfigError, match='a.x did, and was replaced'):
    in_effect(replaced)


def test_a_scope_needs_a_reference():
  scoped = binding('a.x', 1)._replace(scope='other')
  with pytest.raises(ConfigError, match="nobody refers to the scope 'other'"):
    check_scopes([scoped])
  check_scopes([scoped, binding('b.x', 'ref', scopes=('other',))])
