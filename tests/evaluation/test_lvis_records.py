"""Records of real images carry all that LVIS's metrics need."""

import json

import pytest
import verbs

from copypaste_tf.evaluation import groundtruth, lvis

TYPES = ('bbox', 'segm', 'boundary')


def test_records_and_annotation_file_give_equal_metrics_of_lvis(
  real_data, tmp_path
):
  folder = real_data / 'lvis_val_sample'
  if not folder.is_dir():
    pytest.skip(f'{folder} is missing')
  annotations = folder / 'lvis_val_with_images.json'
  done = verbs.run_here(
    'tfrecord_tools.create_coco_tfrecord',
    *(f'--image_dir={folder}/images', '--num_shards=1'),
    *(f'--annotations={annotations}', f'--output_prefix={tmp_path}/val'),
  )
  assert done.returncode == 0, done.stderr
  truth = groundtruth.from_records(map(str, tmp_path.glob('val-*.tfrecord')))
  listed = json.loads(annotations.read_text())
  ids = {image['id'] for image in listed['images']}
  results = json.loads((folder / 'synthetic_results.json').read_text())
  results = [r for r in results if r['image_id'] in ids]
  knobs = {'iou_types': TYPES, 'per_category': True, 'strict_categories': False}
  metrics, expected = (
    lvis.evaluate(x, results, **knobs) for x in (truth, listed)
  )
  assert metrics == pytest.approx(
    {name: expected[name] for name in metrics}, abs=1e-12
  )
  assert metrics['mask_ap_rare'] > 0 and metrics['boundary_ap'] > 0.1
