"""Counts of ResNet-50 against the published code and by hand."""

import numpy as np
import pytest
from golden import config

from copypaste_tf.modeling import build, counting
from copypaste_tf.modeling.counting import Count

# Multiply-adds of the published code in 1e9: backbone, pyramid, RPN, box heads
# and mask head.
R50 = (85.51, 59.58, 103.34, 130.01, 53.23)
# The published mask head computes the masks of 90 classes that no region has.
UNUSED_MASKS = 100 * 90 * 28 * 28 * 256 / 1e9


@pytest.fixture(scope='module')
def counts():
  model = build.mask_rcnn(config('maskrcnn_resnet50'))
  return counting.count(
    model, (1024, 1024), num_proposals=1000, num_detections=100
  )


def test_multiply_adds_equal_the_published_ones(counts):
  parts = [*counts.values()]
  assert [*counts] == ['backbone', 'pyramid', 'rpn', 'box heads', 'mask head']
  *others, mask_head = R50
  expected_parts = (*others, mask_head - UNUSED_MASKS)
  for part, expected in zip(parts, expected_parts, strict=True):
    assert part.multiply_adds / 1e9 == pytest.approx(expected, rel=5e-3)
  total = sum(part.multiply_adds for part in parts) / 1e9
  assert total == pytest.approx(431.78 - UNUSED_MASKS, rel=5e-3)


def test_parameters_add_up(counts):
  assert sum(part.parameters for part in counts.values()) == 48_011_377


def test_counts_of_the_rpn_by_hand(counts):
  # At each position of each level: two 3x3 convolutions, scores and box codes.
  positions = sum((1024 >> level) ** 2 for level in range(2, 7))
  each = 2 * 9 * 256 * 256 + 256 * 15
  parameters = 2 * (9 * 256 * 256 + 256) + 257 * 15 + 5 * 2 * 2 * 256
  assert counts['rpn'] == Count(parameters, positions * each)
  assert np.all([part.multiply_adds > 0 for part in counts.values()])
