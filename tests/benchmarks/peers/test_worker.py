"""A process measures one system, or says why it cannot."""

import json
import sys

from benchmarks.peers import worker


def test_a_system_that_is_not_installed_is_skipped_with_the_reason(monkeypatch):
  monkeypatch.setitem(sys.modules, 'ultralytics', None)
  setup = worker.Setup('ultralytics_yolo:flip', 'labels', data='')
  assert 'ultralytics' in worker.run(setup)['skipped']


def test_a_script_that_is_missing_is_named(tmp_path):
  setup = worker.Setup('published', 'labels', data='', scripts=str(tmp_path))
  assert 'maskrcnn_parser_with_copy_paste.py' in worker.run(setup)['skipped']


def test_our_op_has_no_fault_on_real_masks(real_data):
  setup = worker.Setup('ours', 'labels', str(real_data), canvas=96, count=3)
  counts = json.loads(json.dumps(worker.run(setup)))['counts']
  assert counts['pairs'] == 3
  assert counts['pasted_labels'] > 0
  faults = (
    'unlabelled_pixels',
    'labels_without_pixels',
    'untouched_lost',
    'visible_lost',
    'masks_too_large',
    'wrong_areas',
    'boxes_off_by_10',
  )
  assert not any(counts[name] for name in faults), counts
