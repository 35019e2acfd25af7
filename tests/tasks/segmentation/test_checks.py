import re

import pytest
from config_problems import problems_of

RECIPE = 'shapes_seg_cpu'


def test_the_recipe_has_no_problem():
  assert problems_of(recipe=RECIPE) == []


@pytest.mark.parametrize(
  ('line', 'message'),
  [
    ('IMAGE_SIZE = (100, 128)', 'multiples of 32'),
    ('segmentation_model.num_classes = 256', r'\[2, 255\], got 256'),
    ('segmentation_model.levels = (1, 5)', 'min_level: expected'),
    (
      "segmentation_model.overrides = {'decoder': {'fpn': "
      "{'use_separable_conv': True}}}",
      'use_separable_conv: is not read',
    ),
    ("SegmentationConfig.frozen = ['neck']", "got 'neck'"),
    ("SegmentationConfig.annotation_file = 'a.json'", "not read.*'a.json'"),
    ('TrainData.masks = False', 'train_data.masks: .* drawn from masks'),
    ("TrainData.ignore = ['crowd']", r"ignore: is not read.*\['crowd'\]"),
    ("TrainData.composition = 'mixup'", "one class.* '', got 'mixup'"),
    ('SegmentationConfig.eval_scales = (0.5, 0)', r'above 0, got \[0.5, 0'),
  ],
)
def test_a_value_that_cannot_be_used_is_a_problem(line, message):
  found = problems_of([line], recipe=RECIPE)
  assert any(re.search(message, problem) for problem in found), found


@pytest.mark.parametrize(
  ('field', 'value'),
  [('min_score', 0.5), ('ignore_score', 0.1), ('loss_weight', 0.5)],
)
def test_record_sets_have_no_settings_of_objects(field, value):
  lines = [
    "TrainData.input_path = ''",
    'TrainData.sets = [@a/RecordSet(), @b/RecordSet()]',
    *(f"{name}/RecordSet.path = 'none'" for name in 'ab'),
    *(f'{name}/RecordSet.share = 0.5' for name in 'ab'),
  ]
  assert problems_of(lines, recipe=RECIPE) == []
  found = problems_of([*lines, f'b/RecordSet.{field} = {value}'], recipe=RECIPE)
  expected = f'sets.1.{field}: is not read.* got {value}'
  assert any(re.search(expected, problem) for problem in found), found
