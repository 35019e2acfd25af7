r"""Evaluates a checkpoint or a file of detections: AP, or mean IoU.

python -m copypaste_tf.evaluate --model_dir=build/smoke
python -m copypaste_tf.evaluate --gin_file=configs/smoke.gin \
    --checkpoint=build/smoke/ckpt-4 --output=build/smoke/detections.json
python -m copypaste_tf.evaluate --results=build/smoke/detections.json \
    --annotation_file=build/shapes/instances_val.json
python -m copypaste_tf.evaluate --results=detections.json --protocol=lvis \
    --annotation_file=lvis_v1_val.json --iou_types=bbox,segm,boundary
python -m copypaste_tf.evaluate --results=detections.json \
    --voc_dir=VOCdevkit --sets=2007:test
"""

from absl import flags

from copypaste_tf import checkpoint_flags, command_line


def _define_flags() -> None:
  checkpoint_flags.define()
  for name, text in (
    (
      'annotation_file',
      'COCO annotations to evaluate against; by default the labels of the '
      'evaluation records.',
    ),
    (
      'results',
      'File of detections to evaluate instead of running a model: a JSON list '
      "in COCO's results format.",
    ),
    (
      'output',
      "File for the detections in COCO's results format; by default "
      'MODEL_DIR/detections.json. With this flag, detections that the protocol '
      'does not count have masks, too.',
    ),
    (
      'voc_dir',
      'VOCdevkit to evaluate --results against, with --sets: its XML files are '
      'the labels, and --protocol is voc.',
    ),
    ('metrics', 'JSON file to write the metrics to.'),
    (
      'categories_csv',
      'CSV file to write the AP of every category to.',
    ),
  ):
    flags.DEFINE_string(name, None, text)
  flags.DEFINE_enum(
    'protocol',
    None,
    ['coco', 'lvis', 'lvis_fixed', 'voc'],
    "Metrics of COCO, of LVIS, LVIS's AP fixed (no limit of detections per "
    "image), or Pascal VOC's AP50 of boxes; by default as in the recipe.",
  )
  flags.DEFINE_list(
    'iou_types',
    None,
    'One or more of bbox, segm and boundary; by default boxes, and masks if '
    'there are any.',
  )
  flags.DEFINE_list(
    'sets', None, 'Sets of --voc_dir, such as 2007:test or 2012:val.'
  )
  flags.DEFINE_bool(
    'per_category', False, 'Also print the AP of every category.'
  )
  flags.DEFINE_enum(
    'backend',
    'faster',
    ['faster', 'pycocotools'],
    'Implementation of the COCO metrics, for --results.',
  )


def main() -> None:
  """Does the work; imports it only after the flags are parsed."""
  from copypaste_tf.verbs import evaluate

  evaluate.main()


def run(argv: list[str] | None = None) -> None:
  """Runs the verb; prints one line, no traceback, for a user's mistake."""
  command_line.run(main, _define_flags, __doc__, argv)


if __name__ == '__main__':
  run()
