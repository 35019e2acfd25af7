r"""Measures box, mask and boundary AP of a checkpoint or a detections file.

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
      'COCO JSON to evaluate against; by default the labels of the records.',
    ),
    (
      'results',
      'Evaluate these detections, a JSON list in COCO results format, instead '
      'of running a model.',
    ),
    (
      'output',
      'File for the detections in COCO results format; by default '
      'MODEL_DIR/detections.json. With this flag, detections that LVIS does '
      'not count have masks too.',
    ),
    (
      'voc_dir',
      'VOCdevkit to evaluate --results against, with --sets: its XML files are '
      'the labels, and --protocol is voc.',
    ),
    ('metrics', 'File for the metrics, as JSON.'),
    (
      'categories_csv',
      'File for the AP of every category, as CSV.',
    ),
  ):
    flags.DEFINE_string(name, None, text)
  flags.DEFINE_enum(
    'protocol',
    None,
    ['coco', 'lvis', 'lvis_fixed', 'voc'],
    "COCO's metrics, LVIS's, LVIS's AP fixed, without a limit per image, or "
    "Pascal VOC's AP50 of boxes; by default the recipe's.",
  )
  flags.DEFINE_list(
    'iou_types',
    None,
    'What is measured, out of bbox, segm and boundary; by default boxes, and '
    'masks where there are any.',
  )
  flags.DEFINE_list(
    'sets', None, 'Sets of --voc_dir, such as 2007:test or 2012:val.'
  )
  flags.DEFINE_bool(
    'per_category', False, 'Also print the AP of every category.'
  )
  flags.DEFINE_enum(
    'backend', 'faster', ['faster', 'pycocotools'], 'Evaluator for --results.'
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
