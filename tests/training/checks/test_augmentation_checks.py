"""Wrong options of the augmentation are named with their config."""

from config_problems import problems_of


def test_the_jitters_of_targets_and_sources_are_told_apart():
  problems = problems_of(
    [
      'TrainData.source_jitter = @source/ScaleJitter()',
      'source/ScaleJitter.min_scale = 0.0',
      'CopyPaste.max_pasted = -1',
    ]
  )
  assert len(problems) == 2
  assert 'task.train_data.source_jitter: ScaleJitter needs' in problems[0]
  assert 'task.train_data.copy_paste.max_pasted: ' in problems[1]


def test_source_records_without_copy_paste_are_a_problem():
  problems = problems_of(
    ['TrainData.copy_paste = None', 'TrainData.source_input_path = "x"']
  )
  assert len(problems) == 1 and 'never read' in problems[0]
