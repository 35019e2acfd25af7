"""Records that are missing or do not fit the config are named."""

import json
import shutil

import serialized
from config_problems import problems_of

from copypaste_tf import records
from copypaste_tf.training.checks import data_checks


def test_a_good_recipe_has_no_problems(shapes_params):
  assert problems_of(shapes_params, data=True) == []


def test_missing_records_name_the_command_that_makes_them(shapes):
  params = [
    'TRAIN_RECORDS = "data/coco/train*.tfrecord"',
    f'EVAL_RECORDS = "{shapes}/val-*.tfrecord"',
  ]
  problems = problems_of(params, data=True)
  assert len(problems) == 1
  assert 'task.train_data.input_path' in problems[0]
  assert 'tfrecord_tools.create_coco_tfrecord' in problems[0]
  assert '--output_prefix=data/coco/train' in problems[0]
  assert problems_of(params) == []
  assert problems_of(params, data=True, mode='eval') == []


def test_missing_shapes_name_make():
  params = ['TRAIN_RECORDS = "no/shapes/train-*"', 'EVAL_RECORDS = "no/x"']
  assert 'make shapes' in problems_of(params, data=True)[0]


def test_missing_records_of_pascal_voc_name_its_converter():
  params = ['TRAIN_RECORDS = "no/voc/train-*"', 'EVAL_RECORDS = "no/x"']
  (problem, _) = problems_of(params, data=True)
  assert 'create_voc_tfrecord' in problem and 'create_coco' not in problem


def test_the_label_map_must_fit(shapes, shapes_params):
  names = data_checks.gather(f'{shapes}/train-*.tfrecord').classes
  highest = max(names)
  short = f'model.num_classes = {highest}'  # Id 0 is the background.
  problems = problems_of([*shapes_params, short], data=True)
  assert len(problems) == 2  # Of the training and of the evaluation records.
  assert '--gin_params' in problems[0]
  assert f'{highest} ({names[highest]})' in problems[0]
  assert f'set model.num_classes = {highest + 1}' in problems[0]
  enough = f'model.num_classes = {highest + 1}'
  assert problems_of([*shapes_params, enough], data=True) == []


def test_records_must_fit_what_is_read(shapes_params):
  problems = problems_of(
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
  problems = problems_of(params, data=True)
  assert len(problems) == 1
  assert 'Copy-Paste is on, but the records have no masks' in problems[0]


def test_training_on_boxes_alone_needs_no_masks(shapes, tmp_path):
  params = edit_manifest(
    shapes, tmp_path, 'train', include_masks=False, num_planes=9
  )
  params.append('TrainData.copy_paste = None')
  problems = problems_of(params, data=True)
  assert 'TrainData.masks = False needs none' in problems[0]
  params.append('TrainData.masks = False')
  params.append("model.overrides = {'include_mask': False}")
  assert problems_of(params, data=True) == []


def test_too_few_planes_are_a_problem(shapes, tmp_path):
  params = edit_manifest(shapes, tmp_path, 'train', num_planes=5)
  problems = problems_of(params, data=True)
  assert len(problems) == 1 and 'TrainData.num_planes = 5' in problems[0]


def test_classes_are_the_labels_of_class_maps_drawn_from_objects(
  shapes, tmp_path
):
  params = edit_manifest(shapes, tmp_path, 'train', max_instances=500)
  most = len(data_checks.gather(f'{shapes}/train-*.tfrecord').classes) + 1
  for number in (most, most - 1):
    lines = [*params, f'TrainData.max_source_instances = {number}']
    problems = problems_of(lines, recipe='shapes_seg_cpu', data=True)
    assert len(problems) == most - number
  assert f'TrainData.max_source_instances = {most}' in problems[0]


def test_label_maps_that_disagree_are_a_problem(shapes, tmp_path):
  params = edit_manifest(shapes, tmp_path, 'val', label_map={'1': 'dog'})
  problems = problems_of(params, data=True)
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


def test_only_an_evaluation_needs_the_annotation_file(shapes_params):
  gone = [*shapes_params, 'TaskConfig.annotation_file = "gone.json"']
  (problem,) = problems_of(gone, data=True)
  assert 'gone.json' in problem
  assert problems_of(gone, data=True, mode='train') == []


def test_facts_of_records_without_a_manifest(tmp_path):
  examples = [
    serialized.make_record(seed, count=2 + seed)[0] for seed in (0, 1)
  ]
  examples[1] = examples[1]._replace(class_names=['other'] * 3)
  path = serialized.write(tmp_path / 'x', map(records.serialize, examples))
  assert data_checks.gather(path) == (
    True,
    {int(k): r.class_names[0] for r in examples for k in r.classes},
    max(len(r.planes) for r in examples),
    3,
  )


def test_facts_are_those_of_all_manifests(tmp_path):
  for name, masks, count in (('a', True, 3), ('b', False, 5)):
    (tmp_path / f'{name}-00000-of-00001.tfrecord').touch()
    manifest = {
      'include_masks': masks,
      'label_map': {str(count): name},
      'num_planes': 6 - count,
      'max_instances': count,
    }
    (tmp_path / f'{name}-manifest.json').write_text(json.dumps(manifest))
  facts = data_checks.gather(f'{tmp_path}/a*,{tmp_path}/b*')
  assert facts == (False, {3: 'a', 5: 'b'}, 3, 5)


def test_a_config_without_records_is_a_problem():
  params = ['TRAIN_RECORDS = ""']
  (problem,) = problems_of(params, data=True, mode='train')
  assert problem.endswith('task.train_data.input_path: no records are given')


def test_records_of_one_path_must_be_of_one_label_map(shapes, tmp_path):
  """Such as those of LVIS v0.5 and v1, where most ids differ."""
  paths = []
  for name, label_map in (('a', {'1': 'x', '2': 'y'}), ('b', {'1': 'z'})):
    for path in shapes.glob('train-*'):
      shutil.copy(path, tmp_path / path.name.replace('train', name))
    manifest = tmp_path / f'{name}-manifest.json'
    content = json.loads(manifest.read_text()) | {'label_map': label_map}
    manifest.write_text(json.dumps(content))
    paths.append(f'{tmp_path}/{name}-0*')
  joined = f'TRAIN_RECORDS = "{",".join(paths)}"'
  evaluated = f'EVAL_RECORDS = "{paths[0]}"'
  problems = problems_of([joined, evaluated], data=True)
  assert any(
    "category 1 is 'z' here and 'x' in" in problem for problem in problems
  )
  assert not problems_of(
    [f'TRAIN_RECORDS = "{paths[0]}"', evaluated], data=True
  )
