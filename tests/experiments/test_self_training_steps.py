"""The commands of the self-training: each exists and reads what was made."""

import pytest
from loaded_module import load

from copypaste_tf.inputs import batch_layout
from copypaste_tf.training.config import gin_config
from experiments import self_training_steps as parts

SOURCE = parts.Source('images', 'train.json', 'val.json')


@pytest.fixture(scope='module')
def commands():
  return parts.steps(
    'out',
    SOURCE,
    teacher_recipe='shapes_demo',
    recipe='shapes_selftraining_cpu',
    runs=parts.RUNS,
    bindings=['TrainData.seed = 1'],
  )


def config(command):
  lines = [x for x in command if x.startswith('--gin_params=')]
  recipe = command[1].removeprefix('--gin_file=')
  lines = [x.removeprefix('--gin_params=') for x in lines]
  return gin_config.load([recipe], lines).params.task.train_data


def test_each_command_parses(commands):
  _, generate = parts.shapes('out', tiny=False)
  for module, *arguments in [*generate.values(), *commands.values()]:
    _, values = load(module)
    assert values(['verb', *arguments]) == ['verb']


def test_both_conversions_divide_the_images_alike(commands):
  labelled, images, _ = [*commands.values()][:3]
  split = [x for x in labelled if x.startswith(('--split', '--seed'))]
  assert len(split) == 2 and {*split} < {*images}


def test_the_teacher_reads_the_labelled_part_only(commands):
  data = config(commands['Train: teacher'])
  assert data.input_path == 'out/train-labelled-*.tfrecord'
  assert data.seed == 1


def test_no_student_reads_a_label_that_is_held_back(commands):
  for setting in parts.SETTINGS:
    sets = config(commands[f'Train: {setting}']).sets
    assert [x.path for x in sets] == [
      'out/train-labelled-*.tfrecord',
      'out/pseudo-*.tfrecord',
    ]
  everything = config(commands['Train: all_labels'])
  assert 'out/train-unlabelled-*' in everything.input_path


@pytest.mark.parametrize(
  ('setting', 'takers', 'givers', 'sources'),
  [
    ('no_paste', range(8), range(4), None),
    ('into_labelled', range(4), range(4), None),
    ('into_pseudo', range(4, 8), range(4), None),
    ('into_both', range(8), range(4), None),
    ('pseudo_into_labelled', range(8), (), 'out/pseudo-*.tfrecord'),
  ],
)
def test_the_settings_are_those_of_the_paper(
  commands, setting, takers, givers, sources
):
  data = config(commands[f'Train: {setting}'])
  layout = batch_layout.layout(data, 8)
  assert layout.takers == [*takers] and layout.givers == [*givers]
  assert (layout.sources and layout.sources.path) == sources
  assert (data.copy_paste is None) == (setting == 'no_paste')
  shares = [stream.count for stream in layout.streams]
  assert shares == ([8] if sources else [4, 4])


def test_a_tiny_run_keeps_every_detection_of_its_teacher():
  commands = parts.steps(
    'out',
    SOURCE,
    teacher_recipe='shapes_demo',
    recipe='shapes_selftraining_cpu',
    runs=['into_both'],
    bindings=parts.TINY_BINDINGS,
    tiny=True,
  )
  assert '--force' in commands['Label the other images']
  data = config(commands['Train: into_both'])
  assert [x.min_score for x in data.sets] == [0, 0]
