"""Captions of the loss and the metrics of segmentation in a report."""

from copypaste_tf.evaluation import miou_evaluator
from copypaste_tf.tasks.captions import Captions, MetricTable


def captions(canvas_side: int) -> Captions:
  """Returns the captions of segmentation.

  Args:
    canvas_side: longer side of the canvas in pixels.
  """
  whole, canvas = miou_evaluator.MIOU, f'{miou_evaluator.MIOU}_{canvas_side}'
  return Captions(
    model='A segmentation model',
    headlines={whole: 'mean IoU'},
    headline_axis='Mean IoU on held-out images, %',
    losses={'total_loss': 'sum', 'pixel_loss': 'pixels'},
    panels={
      'Learning rate': {'learning_rate': ''},
      'Images per second': {'images_per_second': ''},
      'Share of images': {
        'paste/images_with_paste': 'with a paste',
        'paste/images_shrunk': 'scaled down',
      },
    },
    metrics=MetricTable(
      title='Mean IoU',
      about=(
        'Intersection over union of the classes in percent, over the pixels of '
        'all held-out images that have a label; a dash stands where a class '
        'does not occur.'
      ),
      columns=['Percent'],
      rows={
        'Mean IoU, original resolution': (whole,),
        f'Mean IoU, at {canvas_side} pixels': (canvas,),
        'Mean IoU, several scales': (miou_evaluator.MULTI,),
        'Pixels of the right class': ('pixel_accuracy',),
      },
      classes={'iou': 'IoU'},
      counted='Pixels',
    ),
    batches=(
      'Training images after jitter, with the regions of their classes. Pixels '
      'without colour are background or have no label. A plus marks a pasted '
      'region. A click opens an image large.'
    ),
    predictions=(
      'Class maps of the ground truth beside those of the model. The first '
      'images of the held-out records, not chosen by how well they came out. '
      'A click opens an image large.'
    ),
  )
