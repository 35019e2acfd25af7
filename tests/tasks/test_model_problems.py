from copypaste_tf.tasks import model_problems
from copypaste_tf.tasks.segmentation.config import (
  SegmentationConfig,
  SegmentationModel,
)


def paths(found):
  return [problem.path for problem in found]


def test_sizes_must_fit_the_coarsest_level():
  model = SegmentationModel(max_level=6)
  assert paths(model_problems.sizes(model)) == []
  model.input_size = [512, 500, 3]
  assert paths(model_problems.sizes(model)) == ['task.model.input_size']
  model.min_level = 7
  assert paths(model_problems.sizes(model))[1:] == ['task.model.min_level']


def test_values_that_are_not_read_are_found():
  model = SegmentationModel(head_convs=5)
  default = SegmentationModel()
  assert paths(model_problems.unread(model, default, ['num_classes'])) == [
    'task.model.head_convs'
  ]
  assert paths(model_problems.unread(model, default, ['head_convs'])) == []


def test_unknown_parts_are_found_in_both_fields():
  task = SegmentationConfig(frozen=['neck'], init_checkpoint_modules='nose')
  assert paths(model_problems.unknown_parts(task)) == [
    'task.init_checkpoint_modules',
    'task.frozen',
  ]
