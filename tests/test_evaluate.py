"""Evaluates a file of detections; `test_train.py` evaluates a checkpoint."""

import json
import pathlib
import shutil

import federated_sets
import pytest
import small_model
import tensorflow as tf
import verbs
from pycocotools import mask as coco_mask

from copypaste_tf.evaluation import groundtruth, protocols
from copypaste_tf.evaluation.miou_evaluator import MiouEvaluator
from copypaste_tf.verbs import evaluate


@pytest.fixture
def perfect(shapes, tmp_path):
  """Returns detections equal to the labels of the records, without crowds."""
  paths = sorted(map(str, shapes.glob('val-*.tfrecord')))
  truth = groundtruth.from_records(paths)
  results = [
    {
      'image_id': label['image_id'],
      'category_id': label['category_id'],
      'bbox': label['bbox'],
      'segmentation': label['segmentation'],
      'score': 0.9,
    }
    for label in truth['annotations']
    if not label['iscrowd']
  ]
  path = tmp_path / 'detections.json'
  path.write_text(json.dumps(results))
  return path


def run(*arguments):
  return verbs.run_here('copypaste_tf.evaluate', *arguments)


def test_perfect_detections_have_perfect_metrics(shapes, perfect, tmp_path):
  done = run(
    f'--results={perfect}',
    f'--annotation_file={shapes}/instances_val.json',
    f'--metrics={tmp_path}/metrics.json',
    f'--categories_csv={tmp_path}/categories.csv',
    '--per_category',
  )
  assert done.returncode == 0, done.stderr
  metrics = json.loads((tmp_path / 'metrics.json').read_text())
  assert metrics['box_ap'] > 0.99 and metrics['mask_ap'] > 0.95
  assert done.stdout.splitlines()[0].split() == ['box', 'mask']
  assert 'disc' in done.stdout
  rows = (tmp_path / 'categories.csv').read_text().splitlines()
  assert rows[0] == 'category,box_ap,mask_ap' and len(rows) > 4


def test_records_serve_as_ground_truth(perfect, shapes_params):
  params = [f'--gin_params={line}' for line in shapes_params]
  done = run(f'--results={perfect}', '--gin_file=smoke', *params)
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines()[1].split() == ['ap', '1.000', '1.000']


def test_without_a_model_or_results_the_missing_flag_is_named():
  done = run()
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  assert '--gin_file' in done.stderr and '--model_dir' in done.stderr


def test_detections_of_unknown_categories_are_counted(shapes, perfect):
  results = json.loads(perfect.read_text())
  for result in results[:3]:
    result['category_id'] = 99
  perfect.write_text(json.dumps(results))
  done = run(
    f'--results={perfect}', f'--annotation_file={shapes}/instances_val.json'
  )
  assert done.returncode == 0, done.stderr
  assert f'3 of {len(results)} detections are ignored' in done.stderr
  assert '[99]' in done.stderr


def test_detections_without_a_known_category_are_refused(shapes, perfect):
  results = json.loads(perfect.read_text())
  perfect.write_text(json.dumps([r | {'category_id': 99} for r in results]))
  line = refused(
    f'--results={perfect}', f'--annotation_file={shapes}/instances_val.json'
  )
  assert 'no detection has a category of the ground truth' in line


def test_a_ground_truth_without_objects_is_refused(shapes, perfect, tmp_path):
  content = json.loads((shapes / 'instances_val.json').read_text())
  path = tmp_path / 'empty.json'
  path.write_text(json.dumps(content | {'annotations': []}))
  line = refused(f'--results={perfect}', f'--annotation_file={path}')
  assert 'has no object' in line


def refused(*arguments):
  """Returns the only line of a verb that must refuse before it evaluates."""
  done = run(*arguments)
  assert done.returncode == 1 and not done.stdout
  assert 'evaluating' not in done.stderr
  (line,) = done.stderr.splitlines()
  return line


@pytest.mark.parametrize('backend', ['faster', 'pycocotools'])
def test_no_detections_have_zeros_for_boxes_and_masks(
  shapes, tmp_path, backend
):
  (tmp_path / 'none.json').write_text('[]')
  done = run(
    f'--results={tmp_path}/none.json',
    f'--annotation_file={shapes}/instances_val.json',
    f'--backend={backend}',
  )
  assert done.returncode == 0, done.stderr
  assert done.stdout.splitlines()[1].split() == ['ap', '0.000', '0.000']


@pytest.mark.parametrize(
  'text', ['{"images": []}', '[1]', '[{"image_id": 1}]', '[', '']
)
def test_a_file_that_holds_no_results_is_refused(shapes, tmp_path, text):
  (tmp_path / 'x.json').write_text(text)
  line = refused(
    f'--results={tmp_path}/x.json',
    f'--annotation_file={shapes}/instances_val.json',
  )
  assert f'{tmp_path}/x.json' in line


@pytest.mark.parametrize('flag', ['results', 'annotation_file'])
@pytest.mark.parametrize('name', ['none.json', ''])
def test_inputs_that_cannot_be_read_are_one_line(perfect, tmp_path, flag, name):
  inputs = {'results': perfect, 'annotation_file': perfect}
  inputs[flag] = tmp_path / 'folder' / name
  (tmp_path / 'folder').mkdir()
  line = refused(*(f'--{key}={path}' for key, path in inputs.items()))
  assert 'folder' in line


@pytest.mark.parametrize('flag', ['metrics', 'categories_csv'])
def test_an_output_that_cannot_be_written_is_refused_first(perfect, flag):
  path = f'{perfect}/below.json'
  line = refused(f'--{flag}={path}', '--results=none.json')
  assert line.startswith(f'error: --{flag}={path}: ')


def test_numbers_are_printed_and_kept_if_the_disk_is_full(shapes, perfect):
  done = run(
    f'--results={perfect}',
    f'--annotation_file={shapes}/instances_val.json',
    '--metrics=/dev/full',
    f'--categories_csv={perfect.parent}/new/categories.csv',
  )
  assert done.returncode == 1 and 'ap50' in done.stdout
  assert '/dev/full was not written: No space left' in done.stderr
  kept = pathlib.Path(done.stderr.split('kept in ')[1].strip())
  assert json.loads(kept.read_text())['box_ap'] > 0.99
  kept.unlink()
  kept.parent.rmdir()
  assert (perfect.parent / 'new' / 'categories.csv').exists()


def test_predictions_paired_by_position_are_refused(shapes, perfect):
  """The ids of the predictions belong to other files in the annotations."""
  truth = json.loads((shapes / 'instances_val.json').read_text())
  listed = perfect.parent / 'images.json'
  images = [dict(i, file_name=f'x/{i["file_name"]}') for i in truth['images']]
  listed.write_text(json.dumps({'images': images}))
  flags = (
    f'--results={perfect}',
    f'--annotation_file={shapes}/instances_val.json',
  )
  assert run(*flags).returncode == 0
  for image, other in zip(images, truth['images'][::-1], strict=True):
    image['file_name'] = f'renamed/{other["file_name"]}.jpg'
  listed.write_text(json.dumps({'images': images}))
  line = refused(*flags)
  assert 'file name' in line and 'predict --annotation_file' in line


@pytest.fixture
def lvis_files(tmp_path):
  """Returns the flags of labels of LVIS and of results."""
  contents = federated_sets.random_set(5)
  names = ('annotation_file', 'results')
  for name, content in zip(names, contents, strict=True):
    (tmp_path / f'{name}.json').write_text(json.dumps(content))
  return [f'--{name}={tmp_path}/{name}.json' for name in names]


@pytest.mark.parametrize('protocol', ['coco', 'lvis', 'lvis_fixed'])
def test_the_protocol_decides_which_numbers_there_are(
  lvis_files, tmp_path, protocol
):
  done = run(
    *lvis_files,
    f'--protocol={protocol}',
    '--iou_types=bbox,segm,boundary',
    f'--metrics={tmp_path}/metrics.json',
    f'--categories_csv={tmp_path}/categories.csv',
  )
  assert done.returncode == 0, done.stderr
  rows = [line.split() for line in done.stdout.splitlines()]
  assert rows[0] == ['box', 'mask', 'boundary']
  assert [row[0] for row in rows[1:]] == list(protocols.METRICS[protocol])
  metrics = json.loads((tmp_path / 'metrics.json').read_text())
  assert 0 < metrics['boundary_ap'] < metrics['mask_ap'] < 1
  head = (tmp_path / 'categories.csv').read_text().splitlines()[0]
  assert head == 'category,box_ap,mask_ap,boundary_ap'


def test_labels_of_lvis_need_a_protocol(lvis_files):
  assert '--protocol=lvis' in refused(*lvis_files)


def test_labels_of_coco_are_refused_by_the_protocol_of_lvis(shapes, perfect):
  line = refused(
    f'--results={perfect}',
    f'--annotation_file={shapes}/instances_val.json',
    '--protocol=lvis',
  )
  assert 'neg_category_ids' in line and 'protocol coco' in line


def test_the_reference_backend_is_of_coco_only(lvis_files):
  flags = [*lvis_files, '--backend=pycocotools']
  assert 'expected faster' in refused(*flags, '--protocol=lvis')
  assert run(*flags, '--protocol=coco').returncode == 0


def test_an_unknown_iou_type_is_named(lvis_files):
  assert "got 'box'" in refused(
    *lvis_files, '--protocol=lvis', '--iou_types=box'
  )


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
  return small_model.checkpoint(tmp_path_factory.mktemp('checkpoint'))


@pytest.fixture
def model(shapes_params, checkpoint):
  """Returns the flags of a small random model and its data."""
  lines = (*small_model.PARAMS, *shapes_params)
  return (
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in lines),
    f'--checkpoint={checkpoint}',
  )


def test_annotations_of_another_set_are_refused_before_the_model_runs(
  shapes, model, tmp_path
):
  line = refused(
    *model,
    f'--annotation_file={shapes}/instances_train.json',
    f'--output={tmp_path}/x.json',
  )
  assert 'instances_train.json' in line and 'image ids' in line


def test_detections_that_cannot_be_written_are_refused_before_the_model_runs(
  shapes, model
):
  line = refused(*model, f'--output={shapes}/instances_val.json/x.json')
  assert line.startswith('error: --output=')


@pytest.mark.parametrize('images', [0, 1])
def test_class_maps_are_kept_where_there_are_any(images, capsys):
  evaluator = MiouEvaluator(dict, dict, num_classes=2, canvas=(8, 8))
  made = {str(number): '' for number in range(images)}
  evaluator.merge([{'counts': {}, 'images': made}])
  evaluate._keep(evaluator)
  _, _, path = capsys.readouterr().err.strip().partition('so far are in ')
  assert bool(path) == bool(images)
  if path:
    assert json.loads(pathlib.Path(path).read_text())['images'] == made
    shutil.rmtree(pathlib.Path(path).parent)


@pytest.mark.slow
def test_detections_are_kept_when_measuring_them_fails(shapes, model, tmp_path):
  """The annotations lack an image that is not among the first of a file."""
  truth = json.loads((shapes / 'instances_val.json').read_text())
  records = groundtruth.from_records(
    sorted(map(str, shapes.glob('val-*.tfrecord')))
  )
  last = records['images'][-1]['id']
  for name, key in (('images', 'id'), ('annotations', 'image_id')):
    truth[name] = [entry for entry in truth[name] if entry[key] != last]
  (tmp_path / 'some.json').write_text(json.dumps(truth))
  done = run(
    *model,
    f'--annotation_file={tmp_path}/some.json',
    f'--output={tmp_path}/new/x.json',
  )
  assert done.returncode == 1 and 'image ids' in done.stderr
  assert not (tmp_path / 'new' / 'x.json').exists()
  kept = done.stderr.split('the predictions so far are in ')[1].split('\n')[0]
  results = json.loads(tf.io.gfile.GFile(kept).read())
  assert last in {result['image_id'] for result in results}
  tf.io.gfile.rmtree(str(pathlib.Path(kept).parent))


@pytest.mark.thorough
@pytest.mark.slow
def test_a_checkpoint_is_evaluated_by_the_protocol_of_lvis(
  shapes, model, tmp_path
):
  """Masks of detections that do not count are made if a file is asked for."""
  truth = json.loads((shapes / 'instances_val.json').read_text())
  for image in truth['images']:
    image['neg_category_ids'] = image['not_exhaustive_category_ids'] = []
  for category, frequency in zip(truth['categories'], 'rcff', strict=False):
    category['frequency'] = frequency
  (tmp_path / 'lvis.json').write_text(json.dumps(truth))
  labels = f'--annotation_file={tmp_path}/lvis.json'
  assert '--protocol=lvis' in refused(*model, labels)
  flags = (*model, labels, '--protocol=lvis')
  output, metrics = tmp_path / 'x.json', tmp_path / 'metrics.json'
  done = run(*flags, f'--output={output}', f'--metrics={metrics}')
  assert done.returncode == 0, done.stderr
  whole = json.loads(output.read_text())
  verified = {(a['image_id'], a['category_id']) for a in truth['annotations']}
  dropped = [
    result['segmentation']
    for result in whole
    if (result['image_id'], result['category_id']) not in verified
  ]
  assert coco_mask.area(dropped[:200]).any()
  again = run(
    f'--results={output}',
    labels,
    '--protocol=lvis',
    f'--metrics={tmp_path}/again.json',
  )
  assert again.returncode == 0, again.stderr
  assert json.loads((tmp_path / 'again.json').read_text()) == json.loads(
    metrics.read_text()
  )
