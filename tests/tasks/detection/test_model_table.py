import pytest
from golden import config

from copypaste_tf.tasks.detection import model_table

CASES = {
  ('maskrcnn_resnet50', 1024): 48_011_377,
  ('maskrcnn_resnet101', 1024): 67_003_505,
  ('maskrcnn_resnet101', 1280): 67_003_505,
  ('maskrcnn_effb7', 640): 85_917_697,
  ('maskrcnn_effb7', 1024): 85_917_697,
  ('maskrcnn_effb7', 1280): 85_917_697,
  ('cascade_maskrcnn_effb7', 1280): 118_267_735,
  ('cascade_maskrcnn_effb7_nasfpn', 1280): 185_081_205,
}

# The published count has the masks of all classes: 100 detections of 28 x 28
# pixels from 256 channels. Ours makes that of the detected class only.
OTHER_MASKS = 100 * 28**2 * 256 * 90 / 1e9


@pytest.mark.parity
@pytest.mark.parametrize(('name', 'size'), CASES)
def test_totals_are_the_published_ones(name, size):
  *_, total, published = model_table.table(config(name, size)).split('\n')
  _, parameters, billions = total.split()
  assert int(parameters.replace(',', '')) == CASES[name, size]
  _, millions, _, expected = published.split()
  published_masks = float(billions) + OTHER_MASKS
  assert published_masks == pytest.approx(float(expected), rel=5e-3)
  assert CASES[name, size] / 1e6 == pytest.approx(float(millions), abs=1e-3)
