import re

import pytest
from config_problems import problems_of


@pytest.mark.parametrize(
  ('recipe', 'line', 'message'),
  [
    (
      'shapes_seg_cpu',
      "TrainData.class_maps = ''",
      "train_data.class_maps: the task 'segmentation' .*'encoded'.* got ''",
    ),
    (
      'shapes_seg_cpu',
      "EvalData.class_maps = 'png'",
      "validation_data.class_maps: .* got 'png'",
    ),
    (
      'smoke',
      "EvalData.class_maps = 'objects'",
      r"the task 'detection' reads one of \[''\], got 'objects'",
    ),
  ],
)
def test_inputs_must_have_what_the_task_reads(recipe, line, message):
  (problem,) = problems_of([line], recipe=recipe)
  assert re.search(message, problem)
