"""The checks find what is wrong before anything runs, and say what to do."""

import json
import pathlib
import shutil
import subprocess
import sys

import gin
import pytest

from copypaste_tf.training import checks, data_checks, gin_config


@pytest.fixture(autouse=True)
def clean_gin():
  yield
  gin.clear_config()


def found(params=(), *, mode='train_and_eval', data=False, recipe='smoke'):
  """Returns the described problems of a recipe with changes."""
  resolved = gin_config.load([recipe], params)
  problems = checks.problems(resolved.params, mode=mode, missing_data=not data)
  return [checks.describe(problem, resolved) for problem in problems]


def test_a_good_recipe_has_no_problems(shapes_params):
  assert found(shapes_params, data=True) == []


@pytest.mark.parametrize(
  ('binding', 'parts'),
  [
    ('AnchorTargets.match_threshold = 1.5', ('match_threshold', 'in [0, 1]')),
    ('BATCH_SIZE = 0', ('global_batch_size', 'at least 1', 'BATCH_SIZE')),
    ('BATCH_SIZE = 1', ('global_batch_size', 'pairs the images')),
    ('IMAGE_SIZE = (100, 128)', ('input_size', 'multiples of 32')),
    ('IMAGE_SIZE = (0, 128)', ('input_size', 'multiples of 32')),
    ('schedule.warmup_steps = 4', ('warmup_steps', 'does not end')),
    ('schedule.drops = (0.9, 0.5)', ('boundaries', 'growing')),
    ('schedule.drops = (0.5, 1.5)', ('boundaries', 'growing')),
    ('runtime.precision = "bfloat"', ("did you mean 'bfloat16'",)),
    ('TrainData.dtype = "int8"', ('dtype', 'expected one of')),
    ('runtime.strategy = "miror"', ("did you mean 'mirrored'",)),
    ('CopyPaste.probability = 1.5', ('copy_paste.probability', '1.5')),
    ('CopyPaste.subset = "some"', ('copy_paste.subset', 'random')),
    ('CopyPaste.blend_sigma = -1.0', ('copy_paste.blend_sigma', '-1')),
    ('ScaleJitter.min_scale = 3.0', ('task.train_data.jitter', '3.0')),
    ('ScaleJitter.min_scale = 0.0', ('task.train_data.jitter', '0.0')),
    ('AnchorTargets.unmatched_threshold = 0.8', ('unmatched_threshold',)),
    ('TrainData.source_size = (1, 2, 3)', ('source_size', 'height and width')),
    ('model.num_classes = 1', ('num_classes', 'at least 2')),
    ('model.levels = (6, 5)', ('min_level',)),
  ],
)
def test_a_wrong_value_is_named_with_its_origin(binding, parts):
  problems = found([binding])
  assert len(problems) == 1
  for part in ('--gin_params', *parts):
    assert part in problems[0]


def test_a_batch_must_fill_the_replicas():
  problems = found(['runtime.num_gpus = 3'])
  assert len(problems) == 2
  assert 'multiple of the 3 replicas, got 4' in problems[0]
  assert 'at least 6' in problems[1]


def test_a_source_that_nobody_pastes_from_is_a_problem():
  problems = found(
    ['TrainData.copy_paste = None', 'TrainData.source_input_path = "x"']
  )
  assert len(problems) == 1 and 'never read' in problems[0]


def test_missing_records_name_the_command_that_makes_them(shapes):
  params = [
    'TRAIN_RECORDS = "data/coco/train*.tfrecord"',
    f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
  ]
  problems = found(params, data=True)
  assert len(problems) == 1
  assert 'task.train_data.input_path' in problems[0]
  assert 'tfrecord_tools.create_coco_tfrecord' in problems[0]
  assert '--output_prefix=data/coco/train' in problems[0]
  assert found(params) == []
  assert found(params, data=True, mode='eval') == []


def test_missing_shapes_name_make():
  params = ['TRAIN_RECORDS = "no/shapes/train-*"', 'EVAL_RECORDS = "no/x"']
  assert 'make shapes' in found(params, data=True)[0]


def test_the_label_map_must_fit(shapes_params):
  problems = found([*shapes_params, 'model.num_classes = 9'], data=True)
  assert len(problems) == 2  # Of the training and of the evaluation records.
  assert 'model.num_classes = ' in problems[0]
  assert '--gin_params' in problems[0]


def test_records_must_fit_what_is_read(shapes_params):
  problems = found(
    [*shapes_params, 'TrainData.max_source_instances = 1'], data=True
  )
  assert (
    len(problems) == 1 and 'TrainData.max_source_instances = ' in problems[0]
  )


def edit_manifest(shapes, folder, split, **changes):
  """Copies the records and changes their manifest."""
  for path in shapes.glob('*.tfrecord'):
    shutil.copy(path, folder)
  for name in ('train', 'val'):
    manifest = json.loads((shapes / f'{name}-manifest.json').read_text())
    manifest |= changes if name == split else {}
    (folder / f'{name}-manifest.json').write_text(json.dumps(manifest))
  return [
    f'TRAIN_RECORDS = "{folder}/train-*.tfrecord"',
    f'EVAL_RECORDS = "{folder}/val-*.tfrecord"',
  ]


def test_copy_paste_without_masks_is_refused(shapes, tmp_path):
  params = edit_manifest(shapes, tmp_path, 'train', include_masks=False)
  problems = found(params, data=True)
  assert len(problems) == 1
  assert 'Copy-Paste is on, but the records have no masks' in problems[0]


def test_too_few_planes_are_a_problem(shapes, tmp_path):
  params = edit_manifest(shapes, tmp_path, 'train', num_planes=5)
  problems = found(params, data=True)
  assert len(problems) == 1 and 'TrainData.num_planes = 5' in problems[0]


def test_label_maps_that_disagree_are_a_problem(shapes, tmp_path):
  params = edit_manifest(shapes, tmp_path, 'val', label_map={'1': 'dog'})
  problems = found(params, data=True)
  assert len(problems) == 1
  assert "category 1 is 'dog' here and 'disc' in" in problems[0]


def test_without_a_manifest_the_records_are_looked_at(shapes, tmp_path):
  for path in shapes.glob('*.tfrecord'):
    shutil.copy(path, tmp_path)
  pattern = f'{tmp_path}/train-*.tfrecord'
  known = data_checks.gather(f'{shapes}/train-*.tfrecord')
  probed = data_checks.gather(pattern)
  assert probed.include_masks and probed.max_instances == known.max_instances
  assert probed.classes.items() <= known.classes.items()
  assert len(probed.classes) >= 3


def test_missing_annotation_file_and_checkpoint(shapes_params):
  problems = found(
    [
      *shapes_params,
      'TaskConfig.annotation_file = "gone.json"',
      'TaskConfig.init_checkpoint = "gone"',
    ],
    data=True,
  )
  assert ['gone.json' in problems[0], "checkpoint 'gone'" in problems[1]] == [
    True,
    True,
  ]


def check(*arguments):
  return subprocess.run(
    [sys.executable, '-m', 'copypaste_tf.check', *arguments],
    capture_output=True,
    text=True,
    check=False,
    cwd=pathlib.Path(__file__).parent,
  )


def test_the_verb_prints_the_config_and_the_problems(shapes_params):
  params = [f'--gin_params={line}' for line in shapes_params]
  good = check('--gin_file=smoke', *params)
  assert good.returncode == 0, good.stderr
  assert good.stdout.endswith('ok\n')
  assert 'trainer.train_steps = 4 ' in good.stdout
  assert 'configs/smoke.gin:' in good.stdout


def test_the_verb_fails_without_a_traceback(shapes_params):
  bad = check('--gin_file=smoke', '--gin_params=schedule.train_step=3')
  assert bad.returncode == 1 and 'Traceback' not in bad.stderr
  assert "did you mean 'train_steps'" in bad.stderr
  wrong = check(
    '--gin_file=smoke',
    '--gin_params=CopyPaste.probability = 2.0',
    '--allow_missing_data',
  )
  assert wrong.returncode == 1 and 'Traceback' not in wrong.stderr
  assert 'error: --gin_params: task.train_data.copy_paste.prob' in wrong.stderr
