import run_folder

from copypaste_tf.evaluation import groundtruth
from copypaste_tf.reporting import run_evaluation, run_files


def test_object_counts_leave_out_crowds(tmp_path):
  path = run_folder.write_records(tmp_path)
  counts = run_evaluation.object_counts(groundtruth.from_records([path]))
  assert sum(counts.values()) == 3 * 4 - 1
  assert set(counts) <= set(run_folder.NAMES.values())
  assert run_evaluation.object_counts(None) == {}


def test_box_models_get_no_mask_ap(tmp_path):
  run = run_files.read(str(run_folder.make(tmp_path)))
  params = run.params.replace(task={'model': {'include_mask': False}})
  boxes = run._replace(params=params)
  numbers = run_evaluation.evaluator_of(boxes).metrics()
  assert numbers['box_ap'] == 1.0
  assert not [name for name in numbers if name.startswith('mask')]


def test_categories_are_measured_one_by_one(tmp_path):
  run = run_files.read(str(run_folder.make(tmp_path)))
  truth = run_evaluation.evaluator_of(run).groundtruth
  missed = truth['categories'][0]
  found = [d for d in run.predictions if d['category_id'] != missed['id']]
  numbers = run_evaluation.evaluator_of(
    run._replace(predictions=found)
  ).metrics()
  assert numbers[f'mask_ap/{missed["name"]}'] == 0
  assert numbers[f'mask_ap/{truth["categories"][1]["name"]}'] == 1.0


def test_a_class_without_ground_truth_is_accepted(tmp_path):
  run = run_files.read(str(run_folder.make(tmp_path)))
  stray = run.predictions[0] | {'category_id': 77}
  run = run._replace(predictions=[*run.predictions, stray])
  assert run_evaluation.evaluator_of(run).metrics()['mask_ap'] == 1.0
