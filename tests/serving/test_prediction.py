import pytest
import small_model

from copypaste_tf.serving import prediction
from copypaste_tf.serving.inference import Detector

SIZES = [(50, 80), (97, 33), (1, 1), (64, 640), (70, 70)]


@pytest.fixture(scope='module')
def detector(tmp_path_factory):
  path = small_model.checkpoint(tmp_path_factory.mktemp('checkpoint'))
  return Detector(small_model.params(), path)


def test_images_and_batches_may_have_any_size(detector, tmp_path):
  paths = dict(enumerate(small_model.images(tmp_path, SIZES), 10))
  broken = tmp_path / 'broken.jpg'
  broken.write_text('no image')
  paths = {5: str(broken), **paths}
  skipped, one_by_one = [], []
  for size, found in ((1, one_by_one), (4, [])):
    found += prediction.predict(
      detector, paths, batch_size=size, skipped=skipped.append
    )
    assert [image.image_id for image in found] == [10, 11, 12, 13, 14]
    assert [image.size for image in found] == SIZES
  assert len(skipped) == 2 and 'broken.jpg' in skipped[0]
  for one, other in zip(one_by_one, found, strict=True):
    assert one.results
    rows, others = (small_model.table(x.results) for x in (one, other))
    assert len(rows) == len(others)
    others = others[small_model.match(others, rows)]
    small_model.compare(rows, others)
    for result in one.results:
      assert result['image_id'] == one.image_id
      assert result['segmentation']['size'] == list(one.size)
