from copypaste_tf.tasks.segmentation import captions, losses


def test_the_resolution_of_the_canvas_is_a_row_of_its_own():
  found = captions.captions(512)
  rows = [name for names in found.metrics.rows.values() for name in names]
  assert rows == ['miou', 'miou_512', 'miou_multi', 'pixel_accuracy']
  assert found.headline('miou') == 'mean IoU'
  assert found.losses.keys() == {*losses.NAMES}
  assert '{' not in found.predictions.format(min_score=0.5)
