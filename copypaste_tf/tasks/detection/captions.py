"""Captions of the losses and metrics of detection in a report."""

from copypaste_tf.tasks.captions import Captions, MetricTable

_COLUMNS = {'box': 'Box', 'mask': 'Mask'}
_ROWS = {
  'ap': 'AP',
  'ap50': 'AP at IoU 0.50',
  'ap75': 'AP at IoU 0.75',
  'ap_small': 'AP, small objects',
  'ap_medium': 'AP, medium objects',
  'ap_large': 'AP, large objects',
  'ar1': 'AR, 1 detection',
  'ar10': 'AR, 10 detections',
  'ar100': 'AR, 100 detections',
  'ar_small': 'AR, small objects',
  'ar_medium': 'AR, medium objects',
  'ar_large': 'AR, large objects',
}

CAPTIONS = Captions(
  model='Mask R-CNN',
  headlines={'mask_ap': 'mask AP', 'box_ap': 'box AP'},
  headline_axis='AP on held-out images, %',
  losses={
    'model_loss': 'sum',
    'frcnn_cls_loss': 'class',
    'frcnn_box_loss': 'box',
    'mask_loss': 'mask',
    'rpn_score_loss': 'proposal score',
    'rpn_box_loss': 'proposal box',
  },
  panels={
    'Learning rate': {'learning_rate': ''},
    'Images per second': {'images_per_second': ''},
    'Share of images': {
      'paste/images_with_paste': 'with a paste',
      'paste/images_shrunk': 'scaled down',
    },
    'Objects per image': {
      'paste/objects_available': 'available',
      'paste/objects_pasted': 'pasted',
      'paste/objects_not_pasted': 'no room',
    },
    'Objects of the target, per image': {
      'paste/boxes_shrunk': 'box shrunk',
      'paste/objects_removed': 'removed',
      'paste/instances_clipped': 'over limit',
    },
  },
  metrics=MetricTable(
    title='Average precision',
    about=(
      "COCO's average precision (AP) and recall (AR) in percent on the "
      'held-out images; a dash stands where there are no such objects.'
    ),
    columns=tuple(_COLUMNS.values()),
    rows={
      caption: tuple(f'{prefix}_{metric}' for prefix in _COLUMNS)
      for metric, caption in _ROWS.items()
    },
    classes={'box_ap': 'Box AP', 'mask_ap': 'Mask AP'},
  ),
  batches=(
    'Training images after jitter and Copy-Paste, with their boxes, masks and '
    'class names. A plus marks a pasted object. A click opens an image large.'
  ),
  predictions=(
    'Ground truth beside the detections with a score of at least '
    '{min_score:g}. The first images of the held-out records, not chosen by '
    'how well they came out. A click opens an image large.'
  ),
)
