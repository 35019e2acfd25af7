"""A process measures one system, or says why it cannot."""

import json
import sys

import pytest

from benchmarks.peers import worker


def test_a_system_that_is_not_installed_is_skipped_with_the_reason(monkeypatch):
  monkeypatch.setitem(sys.modules, 'albumentations', None)
  setup = worker.Setup('albumentations_x', 'labels', data='')
  assert 'albumentations' in worker.run(setup)['skipped']


def test_a_transform_without_a_pipeline_is_not_timed():
  setup = worker.Setup('transform', 'time', data='')
  assert 'transform' in worker.times(None, object(), setup)['skipped']


@pytest.mark.slow
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
