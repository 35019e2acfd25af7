from copypaste_tf.tasks.detection.captions import CAPTIONS


def test_a_metric_without_a_caption_keeps_its_name():
  assert CAPTIONS.headline('mask_ap') == 'mask AP'
  assert CAPTIONS.headline('mask_ap_large') == 'mask_ap_large'
