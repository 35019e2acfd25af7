"""Captions of the losses and metrics of detection in a report."""

from collections.abc import Sequence

from copypaste_tf.evaluation import protocols
from copypaste_tf.tasks.captions import Captions, MetricTable

_ABOUT = {
  protocols.COCO: "COCO's average precision (AP) and recall (AR) in percent",
  protocols.LVIS: "LVIS's average precision (AP) and recall (AR) in percent",
  protocols.LVIS_FIXED: "LVIS's average precision (AP fixed) in percent",
  protocols.VOC: (
    "Pascal VOC's average precision (AP) of boxes in percent, without "
    'difficult objects,'
  ),
}
_COLUMNS = {'voc07': 'VOC 2007, 11 points', 'voc12': 'VOC 2012, area'}
_ROWS = {
  'ap': 'AP',
  'ap50': 'AP at IoU 0.50',
  'ap75': 'AP at IoU 0.75',
  'ap_small': 'AP, small objects',
  'ap_medium': 'AP, medium objects',
  'ap_large': 'AP, large objects',
  'ap_rare': 'AP, rare categories',
  'ap_common': 'AP, common categories',
  'ap_frequent': 'AP, frequent categories',
  'ar1': 'AR, 1 detection',
  'ar10': 'AR, 10 detections',
  'ar100': 'AR, 100 detections',
  'ar300': 'AR, 300 detections',
  'ar_small': 'AR, small objects',
  'ar_medium': 'AR, medium objects',
  'ar_large': 'AR, large objects',
}

_COMMON = Captions(
  model='Mask R-CNN',
  headlines={},
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
      'mixup/images_mixed': 'mixed',
    },
    'Share of the target in a pixel': {'mixup/target_share': ''},
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
  metrics=MetricTable('', '', (), {}, {}),
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


def captions(protocol: str, iou_types: Sequence[str]) -> Captions:
  """Returns the captions of detection.

  Args:
    protocol: one of `protocols.NAMES`.
    iou_types: what is measured, names of `coco_inputs.IOU_TYPES`.
  """
  prefixes = protocols.prefixes(protocol, iou_types)
  titles = {x: _COLUMNS.get(x, x.capitalize()) for x in prefixes}
  first, *_ = protocols.METRICS[protocol]
  names = {f'{x}_{first}': x for x in prefixes}
  table = MetricTable(
    title='Average precision',
    about=(
      f'{_ABOUT[protocol]} on the held-out images; a dash stands where there '
      'are no such objects.'
    ),
    columns=list(titles.values()),
    rows={
      _ROWS[name]: tuple(f'{prefix}_{name}' for prefix in prefixes)
      for name in protocols.METRICS[protocol]
    },
    classes={name: f'{titles[x]} AP' for name, x in names.items()},
  )
  headline = protocols.headline(protocol, iou_types)
  ordered = sorted(names, key=lambda name: name != headline)
  headlines = {name: f'{names[name]} AP' for name in ordered}
  if 'ap_rare' in protocols.METRICS[protocol]:
    headlines |= {f'{x}_rare': f'{y}, rare' for x, y in headlines.items()}
  return _COMMON._replace(metrics=table, headlines=headlines)


CAPTIONS = captions(protocols.COCO, ('bbox', 'segm'))
"""The captions of a recipe that states nothing else."""
