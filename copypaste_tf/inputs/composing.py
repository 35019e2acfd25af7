"""Reads the composition of two images from a config."""

import ast

from copypaste_tf.augment import compositions, options
from copypaste_tf.inputs.data_config import TrainData


def composition(data: TrainData) -> compositions.Options | None:
  """Returns the options of the composition of a config.

  Args:
    data: config of the training inputs.

  Returns:
    The options, checked if `TrainData.composition` gives them; None if each
    image is an example by itself.

  Raises:
    ValueError: the config names two compositions, an unknown one, or an unknown
      option.
  """
  if not data.composition:
    if data.copy_paste is None:
      return None
    return options.CopyPaste(**data.copy_paste.as_dict())
  if data.copy_paste is not None:
    raise ValueError(
      'TrainData.composition takes the place of TrainData.copy_paste; set only '
      f'one of them, got {data.composition!r} and CopyPaste.'
    )
  name, values = parse(data.composition)
  return compositions.build({'name': name, **values})


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
