"""Figures 1, 4, 5 and 6: lengths, fractions of the data, and categories."""

from .rows import Row, shared, table
from .tables_coco import MIXUP, NO_PASTE, PASTED, STANDARD, WITHOUT

_IMAGES, _BATCH = 118_287, 256  # COCO train2017; images of a step.
_EPOCHS = (36, 96, 192, 384, 576)
_ONCE = {1.0: (0,)}  # One seed: the points of a curve support one another.
# Backbone from ImageNet, which docs/training.md imports.
_IMAGENET = (
  "TaskConfig.init_checkpoint = 'data/r50'",
  "TaskConfig.init_checkpoint_modules = 'backbone'",
)
_SETTINGS = {
  'ssj': ('coco_r50_ssj', ()),
  'lsj': ('coco_r50_lsj', ()),
  'imagenet_lsj': ('coco_r50_lsj', _IMAGENET),
}


def _length(setting: str, epochs: int) -> list[Row]:
  """Returns the two rows of a setting of Figure 4, without and with paste.

  Each length is a run of its own, since the learning rate drops near the end.
  """
  recipe, lines = _SETTINGS[setting]
  steps = {1.0: round(epochs * _IMAGES / _BATCH)}
  name = f'{setting}_{epochs}'
  return [
    Row(f'{name}_none', recipe, lines, _ONCE, steps),
    Row(
      f'{name}_copy_paste',
      recipe,
      (*lines, 'TrainData.copy_paste = @CopyPaste()'),
      _ONCE,
      steps,
      against=f'{name}_none',
    ),
  ]


FIGURE_4 = table(
  'figure4',
  'Length of the training, and the weights it starts from',
  [
    row
    for setting in _SETTINGS
    for epochs in _EPOCHS
    for row in _length(setting, epochs)
  ],
  small='e1',
)

# Steps of a training on LSJ. The paper trains until the validation performance
# no longer improves. As a rule for that, each point is trained twice as long,
# too; it has converged if the longer run gains less than 0.2 AP.
_STEPS = {0.1: 67_500, 0.25: 90_000, 0.5: 135_000, 0.75: 202_500, 1.0: 270_000}
# On SSJ, models over-fit sooner.
_STEPS_SSJ = {fraction: steps // 4 for fraction, steps in _STEPS.items()}
_ARMS = {'none': (NO_PASTE,), 'mixup': MIXUP, 'copy_paste': ()}


def _fractions(jitter: str, times: int) -> list[Row]:
  """Returns the rows of Figure 5 with one jitter, and one length."""
  lines = STANDARD if jitter == 'ssj' else ()
  steps = _STEPS_SSJ if jitter == 'ssj' else _STEPS
  end = '' if times == 1 else f'_{times}x'
  return [
    Row(
      f'{jitter}_{arm}{end}',
      PASTED.recipe,
      (*lines, *bindings),
      dict.fromkeys(steps, (0,)),
      {fraction: times * count for fraction, count in steps.items()},
      against='' if arm == 'none' else f'{jitter}_none{end}',
    )
    for arm, bindings in _ARMS.items()
  ]


FIGURE_5 = table(
  'figure5',
  'Fractions of COCO with nothing, mixup and Copy-Paste',
  [
    row
    for times in (1, 2)
    for jitter in ('ssj', 'lsj')
    for row in _fractions(jitter, times)
  ],
  small='e1',
)
FIGURE_1 = table(
  'figure1',
  'SSJ, and LSJ with Copy-Paste, at fractions of COCO',
  [
    shared(FIGURE_5.row('ssj_none'), 'ssj_none'),
    shared(
      FIGURE_5.row('lsj_copy_paste'), 'lsj_copy_paste', against='ssj_none'
    ),
  ],
  small='e1',
)

_FIVE = {1.0: (0, 1, 2, 3, 4)}  # The paper shows the mean of five runs.
FIGURE_6 = table(
  'figure6',
  'Gain of each category; the paper does not name the model',
  [
    shared(WITHOUT, 'none', seeds=_FIVE),
    shared(PASTED, 'copy_paste', seeds=_FIVE, against='none'),
  ],
  small='shapes',
)

TABLES = (FIGURE_1, FIGURE_4, FIGURE_5, FIGURE_6)
