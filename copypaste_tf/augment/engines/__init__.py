"""The operations on whole images, in two forms with the same results.

`engine` declares them. `BLOCKS` visits blocks of rows one after the other, and
only those with something to do: the form for a core of a CPU (`block_*`).
`DENSE` computes every pixel at once, in a few operations whose number does not
depend on the data: the form for GPUs and TPUs (`dense`).
"""

from copypaste_tf.augment.engines import (
  block_extents,
  block_owners,
  block_pasting,
  block_sampling,
  dense,
)
from copypaste_tf.augment.engines.engine import Engine as Engine

BLOCKS = Engine(
  sample_image=block_sampling.sample_image,
  sample_planes=block_sampling.sample_planes,
  measure=block_extents.measure_region,
  remeasure=block_extents.remeasure,
  paste_owners=block_owners.paste_owners,
  paste=block_pasting.paste,
)
DENSE = Engine(
  sample_image=dense.sample_image,
  sample_planes=dense.sample_planes,
  measure=dense.measure,
  remeasure=dense.remeasure,
  paste_owners=dense.paste_owners,
  paste=dense.paste,
)
_BY_NAME = {'blocks': BLOCKS, 'dense': DENSE}
FORMS = tuple(_BY_NAME)


def named(form: str) -> Engine:
  """Returns an engine.

  Args:
    form: `blocks` or `dense`.

  Raises:
    ValueError: if the name is another one.
  """
  if form not in _BY_NAME:
    raise ValueError(
      f'The form of the augmentation must be one of {", ".join(FORMS)}, '
      f'got {form!r}.'
    )
  return _BY_NAME[form]
