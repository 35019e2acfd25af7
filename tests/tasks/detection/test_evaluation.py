"""The config of the task chooses what is measured, and how."""

import json

import federated_sets
import pytest

from copypaste_tf.evaluation import protocols
from copypaste_tf.tasks import registry
from copypaste_tf.tasks.detection import evaluation
from copypaste_tf.training.config import gin_config


def task(*lines):
  return gin_config.load(['smoke'], lines).params.task


@pytest.mark.parametrize('protocol', protocols.NAMES)
def test_a_recipe_chooses_the_protocol(protocol):
  config = task(f"TaskConfig.evaluation = '{protocol}'")
  assert not list(evaluation.problems(config))
  found = evaluation.evaluator(config)
  assert found.metric_names == protocols.METRICS[protocol]
  assert found.headline == ('voc07_ap50' if protocol == 'voc' else 'mask_ap')
  captions = registry.build(config).captions
  assert next(iter(captions.headlines)) == found.headline
  assert len(captions.metrics.rows) == len(protocols.METRICS[protocol])
  assert ('mask_ap_rare' in captions.headlines) == (
    protocol in ('lvis', 'lvis_fixed')
  )


def test_without_a_choice_boxes_and_the_masks_of_the_model_are_measured():
  config = task()
  assert evaluation.iou_types(config) == ('bbox', 'segm')
  boxes = config.replace(model={'include_mask': False})
  assert evaluation.iou_types(boxes) == ('bbox',)
  types = "TaskConfig.iou_types = ['bbox', 'segm', 'boundary']"
  names = evaluation.evaluator(task(types)).names
  assert names == ('box_ap', 'mask_ap', 'boundary_ap')


@pytest.mark.parametrize(
  ('change', 'path', 'message'),
  [
    ({'evaluation': 'voc5'}, 'evaluation', "got 'voc5'"),
    (
      {'evaluation': 'voc', 'iou_types': ['bbox', 'segm']},
      'iou_types',
      "the protocol 'voc' measures ['bbox'], got ['bbox', 'segm']",
    ),
    ({'iou_types': ['box']}, 'iou_types', "got ['box']"),
    (
      {'iou_types': ['boundary'], 'model': {'include_mask': False}},
      'iou_types',
      'makes no masks',
    ),
  ],
)
def test_a_choice_that_cannot_be_is_a_problem(change, path, message):
  config = task().replace(**change)
  (problem,) = evaluation.problems(config)
  assert problem.path == f'task.{path}' and message in problem.message
  assert problem in registry.build(config).checks()


def test_the_ground_truth_is_the_annotation_file_or_the_records(
  shapes, shapes_params, tmp_path
):
  records = evaluation.groundtruth_of(task(*shapes_params))
  file = str(shapes / 'instances_val.json')
  listed = evaluation.groundtruth_of(task().replace(annotation_file=file))
  ids = [{image['id'] for image in x['images']} for x in (records, listed)]
  assert ids[0] == ids[1]
  assert federated_sets.random_set(0)[0].keys() <= records.keys()


def test_records_of_lvis_measured_as_coco_give_a_note(tmp_path):
  path = tmp_path / 'val-00000-of-00001.tfrecord'
  path.write_bytes(b'')
  manifest = tmp_path / 'val-manifest.json'
  records = f"EvalData.input_path = '{path}'"
  lvis = "TaskConfig.evaluation = 'lvis'"
  for details, lines, count in (
    ({'frequency': 'r'}, [], 1),
    ({'frequency': 'r'}, [lvis], 0),
    ({'supercategory': 'animal'}, [], 0),
  ):
    content = {'label_map': {'1': 'cat'}, 'categories': {'1': details}}
    manifest.write_text(json.dumps(content))
    config = task(records, *lines)
    found = registry.build(config).notes()
    assert len(found) == count
    assert all(lvis in note for note in found)


def test_missing_evaluation_records_give_no_note():
  assert not evaluation.notes(task("EvalData.input_path = 'no/such*'"))
