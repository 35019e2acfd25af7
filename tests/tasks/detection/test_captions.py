from copypaste_tf.evaluation import coco
from copypaste_tf.tasks.detection import losses
from copypaste_tf.tasks.detection.captions import CAPTIONS


def test_every_metric_of_the_evaluation_has_a_row():
  shown = [name for names in CAPTIONS.metrics.rows.values() for name in names]
  assert shown == [
    f'{prefix}_{metric}'
    for metric in coco.METRICS
    for prefix in coco.PREFIXES.values()
  ]
  assert set(CAPTIONS.headlines) == set(CAPTIONS.metrics.classes)
  assert set(CAPTIONS.headlines) <= set(shown)


def test_losses_are_those_of_the_task():
  # The total adds only weight decay to the sum.
  assert set(CAPTIONS.losses) == set(losses.NAMES) - {'total_loss'}


def test_the_caption_of_predictions_states_the_lowest_score():
  assert 'at least 0.25. ' in CAPTIONS.predictions.format(min_score=0.25)
