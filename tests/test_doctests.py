"""Doctests of the op run; its docstrings describe every tensor."""

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest
import tensorflow as tf

import copypaste_tf.augment
from copypaste_tf import examples
from copypaste_tf.augment.engines import engine

MODULES = [
  importlib.import_module(module.name)
  for module in pkgutil.walk_packages(
    copypaste_tf.augment.__path__, 'copypaste_tf.augment.'
  )
  if not module.ispkg
] + [examples]
SHAPE = re.compile(r'`\[[^\]]*\]`|scalar|[Ii]ntegers of any|uint8 of any')
DTYPE = re.compile(
  r'u?int(8|16|32|64)|float|bool|bfloat16|number|[Ii]nteger|[Ss]ame dtype|'
  r'any dtype|1, 2 or 4 bytes'
)


@pytest.mark.parametrize('module', MODULES, ids=lambda m: m.__name__)
def test_examples_in_docstrings_run(module):
  result = doctest.testmod(module, extraglobs={'tf': tf})
  assert not result.failed


def test_some_docstrings_have_examples():
  finder = doctest.DocTestFinder(exclude_empty=True)
  with_examples = [
    test.name
    for module in MODULES
    for test in finder.find(module)
    if test.examples
  ]
  assert len(with_examples) >= 12


def _functions():
  for module in MODULES:
    for name, function in vars(module).items():
      public = inspect.isfunction(function) and not name.startswith('_')
      if public and function.__module__ == module.__name__:
        yield function


def _arguments(function):
  """Returns the text of each argument in the docstring, by name.

  The operations of an engine refer to the docstring of their declaration.
  """
  text = inspect.getdoc(function)
  if declared := re.match(r'.*see `engine\.(\w+)`', text):
    text = inspect.getdoc(getattr(engine, declared[1]).__call__)
  text = text.partition('Args:\n')[2]
  text = re.split(r'\n(Returns|Raises):|\n  >>>', text)[0]
  pieces = re.split(r'^  (\w+): ', text, flags=re.MULTILINE)
  return dict(zip(pieces[1::2], pieces[2::2], strict=True))


@pytest.mark.parametrize(
  'function', list(_functions()), ids=lambda f: f'{f.__module__}.{f.__name__}'
)
def test_every_tensor_has_a_shape_and_a_dtype(function):
  documented = _arguments(function)
  for name, annotation in inspect.get_annotations(function).items():
    tensor = annotation in (tf.Tensor, tf.Tensor | None)
    if tensor and name != 'return':
      text = documented[name]
      assert SHAPE.search(text), f'{name}: {text}'
      assert DTYPE.search(text), f'{name}: {text}'
