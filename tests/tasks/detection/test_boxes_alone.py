import pytest

from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection import boxes_alone
from copypaste_tf.training.config import gin_config

BOXES = [
  'TrainData.masks = False',
  'TrainData.copy_paste = None',
  "model.overrides = {'include_mask': False}",
]


def task(*lines):
  return gin_config.load(['smoke'], [*BOXES, *lines]).params.task


@pytest.mark.parametrize(
  'lines',
  [
    [],
    ["TrainData.composition = 'mixup'"],
    ["model.overrides = {'include_mask': True}", 'loss_weights.mask = 0.0'],
    ['TrainData.masks = True', 'TrainData.copy_paste = @CopyPaste()'],
  ],
)
def test_what_needs_no_masks_trains_on_boxes_alone(lines):
  assert not list(boxes_alone.problems(task(*lines)))


@pytest.mark.parametrize(
  ('line', 'message'),
  [
    (
      'TrainData.copy_paste = @CopyPaste()',
      'objects are pasted by their masks, which False does not read',
    ),
    (
      "TrainData.composition = 'copy_paste'",
      "set TrainData.copy_paste = None and TrainData.composition = ''",
    ),
    (
      "model.overrides = {'include_mask': True}",
      "set model.overrides = {'include_mask': False}, or loss_weights.mask = 0",
    ),
  ],
)
def test_what_needs_masks_is_refused_with_the_reason(line, message):
  config = task(line)
  (problem,) = registry.build(config).checks()
  assert problem.path == 'task.train_data.masks' and message in problem.message
