"""Registers compositions: ways to combine two images to a training example.

A composition is a dataclass of options and a function. `augment` jitters both
images of each pair and calls the function; `copy_paste` is the first one. Add
one with `register`, from any module.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from copypaste_tf.augment import engines
from copypaste_tf.augment.canvas import Canvas
from copypaste_tf.augment.copy_paste import copy_paste
from copypaste_tf.augment.draws import selection, shares
from copypaste_tf.augment.engines import Engine
from copypaste_tf.augment.mixup import Mixup, mixup
from copypaste_tf.augment.options import CopyPaste
from copypaste_tf.examples import TrainScenes


class Options(Protocol):
  """The options of a composition, a dataclass with defaults.

  A class may also have the attributes that `traits` reads.

  Attributes:
    blends: whether the composition computes with pixels of both images, which
      then are float32. If it only copies pixels, images may also be uint16,
      the bits of bfloat16.
    shares_warp: whether each image may be warped once for both roles. The
      function then gets the targets as sources, and in `partner` the
      permutation that pairs them. Else it gets the sources in the order of
      the targets, without `partner`.
  """

  @property
  def blends(self) -> bool:
    """Returns True if the images must be float32."""

  @property
  def shares_warp(self) -> bool:
    """Returns True if the function takes a `partner`."""

  def check(self) -> None:
    """Raises ValueError if an option is out of its range."""


class Composition(NamedTuple):
  """A registered composition.

  Attributes:
    options_class: the dataclass of its options; see `Options`.
    function: `(targets, sources, seed, *, options, max_instances, partner,
      engine)` to `TrainScenes`; see `compose` for the arguments.
      `joining.join` makes the result of composed pixels.
    draw: maps a seed and `[b, n]` classes of the sources to the random bits
      that the function gets in place of the seed; None if it gets the seed.
  """

  options_class: type
  function: Callable[..., TrainScenes]
  draw: Callable[[tf.Tensor, tf.Tensor], Any] | None = None


_COMPOSITIONS: dict[str, Composition] = {}


def register(
  name: str,
  options_class: type,
  function: Callable[..., TrainScenes],
  draw: Callable[[tf.Tensor, tf.Tensor], Any] | None = None,
) -> None:
  """Adds a composition.

  Args:
    name: the name in `build`.
    options_class: see `Composition`; its subclasses use the same function.
    function: see `Composition`.
    draw: see `Composition`.

  Raises:
    ValueError: if the name or the class is taken, or the class lacks a member
      of `Options`.
  """
  taken = [n for n, c in _COMPOSITIONS.items() if c[0] is options_class]
  if name in _COMPOSITIONS or taken:
    raise ValueError(
      f'A composition needs a name and a class of its own; {name!r} with '
      f'{options_class.__name__} meets {", ".join(taken) or name}.'
    )
  missing = [
    member
    for member in ('blends', 'shares_warp', 'check')
    if not hasattr(options_class, member)
  ]
  if missing or not dataclasses.is_dataclass(options_class):
    raise ValueError(
      f'The options of a composition are a dataclass with blends, shares_warp '
      f'and check(); {options_class.__name__} '
      + (f'has no {", ".join(missing)}.' if missing else 'is none.')
    )
  _COMPOSITIONS[name] = Composition(options_class, function, draw)


def names() -> list[str]:
  """Returns the names of all registered compositions, sorted."""
  return sorted(_COMPOSITIONS)


def build(config: Mapping[str, Any]) -> Options:
  """Makes the options of a composition from plain values.

  Args:
    config: `name` of the composition, and options by their names.

  Returns:
    The options, checked.

  Raises:
    ValueError: if the name or an option is unknown, or out of its range.

  >>> build({'name': 'copy_paste', 'subset': 'one'}).subset
  'one'
  """
  values = dict(config)
  name = values.pop('name', None)
  if name not in _COMPOSITIONS:
    raise ValueError(
      f'There is no composition {name!r}; `name` is one of '
      f'{", ".join(names())}.'
    )
  options_class = _COMPOSITIONS[name].options_class
  option_names = [f.name for f in dataclasses.fields(options_class) if f.init]
  unknown = sorted(set(values) - set(option_names))
  if unknown:
    raise ValueError(
      f'The composition {name!r} has no option {", ".join(unknown)}; it has '
      f'{", ".join(option_names) or "none"}.'
    )
  options = options_class(**values)
  options.check()
  return options


def check(options: Options) -> None:
  """Checks the options of a composition.

  Args:
    options: options of a registered composition.

  Raises:
    ValueError: if they are of no registered composition, or out of range.
  """
  _composition_of(options)
  options.check()


def draw(options: Options, seed: tf.Tensor, classes: tf.Tensor) -> Any:
  """Draws the random bits of a composition.

  Args:
    options: options of a registered composition.
    seed: `[2]` int32 or int64, seed of all draws of the composition.
    classes: `[b, n]` int32, classes of the sources' instances.

  Returns:
    The bits as a nest of tensors, or the seed if the composition draws later.
  """
  bits = _composition_of(options).draw
  return seed if bits is None else bits(seed, classes)


def compose(
  targets: Canvas,
  sources: Canvas,
  drawn: Any,
  *,
  options: Options,
  max_instances: int,
  partner: tf.Tensor | None = None,
  engine: Engine = engines.BLOCKS,
) -> TrainScenes:
  """Composes pairs of images by the composition of the options.

  Args:
    targets: `b` scenes on the output grid; float32 images if the composition
      blends, else float32, or uint16 for the bits of bfloat16.
    sources: `b` scenes on the same grid, the i-th for the i-th target; the
      targets themselves where there is a `partner`.
    drawn: the result of `draw`.
    options: options of a registered composition.
    max_instances: number of labels `m` that an example can hold.
    partner: `[b]` int32 in [0, b), a permutation: the source of target `i` is
      image `partner[i]`. Only compositions that share the warp get one.
    engine: the form of the computation, the one that measured both.

  Returns:
    `TrainScenes` of `b` examples and `m` labels.
  """
  check(options)
  return _composition_of(options).function(
    targets,
    sources,
    drawn,
    options=options,
    max_instances=max_instances,
    partner=partner,
    engine=engine,
  )


def _composition_of(options) -> Composition:
  by_class = {c.options_class: c for c in _COMPOSITIONS.values()}
  for base in type(options).__mro__:
    if base in by_class:
      return by_class[base]
  raise ValueError(
    f'{type(options).__name__} holds no options of a composition; registered '
    f'are {", ".join(names())}, which compositions.build makes of plain values.'
  )


register('copy_paste', CopyPaste, copy_paste, selection.bits)
register('mixup', Mixup, mixup, shares.bits)
