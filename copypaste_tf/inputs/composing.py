"""Reads the composition of two images from a config."""

import ast

from copypaste_tf.augment import compositions, options
from copypaste_tf.inputs import class_weights
from copypaste_tf.inputs.data_config import TrainData


def composition(data: TrainData) -> compositions.Options | None:
  """Returns the options of the composition of a config.

  Args:
    data: config of the training inputs.

  Returns:
    The options, checked if `TrainData.composition` gives them; None if each
    image is an example by itself.

  Raises:
    FileNotFoundError: the class weights need records that do not exist.
    ValueError: the config names two compositions, an unknown one, or an unknown
      option, or records do not tell the class weights.
  """
  if not data.composition:
    return None if data.copy_paste is None else _copy_paste(data)
  if data.copy_paste is not None:
    raise ValueError(
      'an example is made in one way, so TrainData.composition takes the place '
      f'of TrainData.copy_paste; got {data.composition!r} and CopyPaste, and '
      'the paper has no row of both: set TrainData.copy_paste = None or '
      "TrainData.composition = ''."
    )
  name, values = parse(data.composition)
  return compositions.build({'name': name, **values})


def named(data: TrainData) -> compositions.Options | None:
  """Returns the options of `TrainData.composition`, to read its traits.

  Args:
    data: config of the training inputs.

  Returns:
    The options; None without them, and also if they are wrong, which the
    checks report.
  """
  try:
    return composition(data) if data.composition else None
  except ValueError:
    return None


def _copy_paste(data: TrainData) -> options.CopyPaste:
  """Returns the options of Copy-Paste, perhaps with weights of the records."""
  values = data.copy_paste.as_dict()
  power = values.pop('class_weight_power')
  if power:
    if values['class_weights']:
      raise ValueError(
        'CopyPaste.class_weight_power takes the place of '
        'CopyPaste.class_weights; set only one of them.'
      )
    values['class_weights'] = class_weights.of_records(data, power)
  return options.CopyPaste(**values)


def parse(text: str) -> tuple[str, dict[str, object]]:
  """Reads the name and the options of a composition.

  Args:
    text: a name, or a call with literal keyword arguments, such as
      `copy_paste(subset='one', max_pasted=3)`.

  Returns:
    The name, and the values of the options by name.

  Raises:
    ValueError: the text has another form.

  >>> parse("copy_paste(subset='one', max_pasted=3)")
  ('copy_paste', {'subset': 'one', 'max_pasted': 3})
  """
  try:
    node = ast.parse(text, mode='eval').body
    if isinstance(node, ast.Name):
      return node.id, {}
    if isinstance(node, ast.Call) and not node.args:
      values = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
      if isinstance(node.func, ast.Name) and None not in values:
        return node.func.id, values
  except (SyntaxError, ValueError):
    pass  # The error below covers every wrong form.
  raise ValueError(
    'TrainData.composition is a name, or a name with options such as '
    f"copy_paste(subset='one', max_pasted=3), got {text!r}."
  )
