import pytest
from line_task import LineTask

from copypaste_tf.costs import peaks
from copypaste_tf.modeling import counting
from copypaste_tf.tasks import registry
from copypaste_tf.training.config import gin_config


@pytest.mark.parametrize(
  ('name', 'teraflops'),
  [
    ('NVIDIA H100 80GB HBM3', 989),
    ('NVIDIA H100 PCIe', 756),
    ('NVIDIA A100-SXM4-80GB', 312),
    ('Tesla V100-SXM2-16GB', 125),
    ('NVIDIA L40S', 362),
    ('NVIDIA L4', 121),
  ],
)
def test_known_devices_have_a_peak(name, teraflops):
  assert peaks.peak(name) == teraflops * 1e12


def test_unknown_devices_have_none():
  assert peaks.peak('CPU') is None
  assert peaks.peak('NVIDIA L400') is None


@pytest.mark.slow
def test_a_training_step_costs_three_passes_of_its_regions(monkeypatch):
  task = registry.build(gin_config.load(['smoke']).params.task)
  asked = []

  def count(detector, size, **regions):
    asked.append(regions)
    return {'backbone': counting.Count(1, 1000), 'rpn': counting.Count(1, 5)}

  monkeypatch.setattr(counting, 'count', count)
  assert peaks.train_flops(task) == 3 * 2 * 1005
  assert peaks.eval_flops(task) == 2 * 1005
  sampler = task.config.model.roi_sampler
  assert asked[0] == {
    'num_proposals': sampler.num_sampled_rois,
    'num_detections': sampler.num_sampled_rois * sampler.foreground_fraction,
  }


def test_a_task_need_not_count_its_operations():
  assert peaks.train_flops(LineTask(None)) is None
  assert peaks.eval_flops(LineTask(None)) is None
