import re

from judged_labels import build, judgement, unlabelled

from copypaste_tf.labelling import quality_figure


def texts(report):
  # Matplotlib draws glyphs, and keeps the words as comments.
  svg = quality_figure.figure(report)
  return {text.strip() for text in re.findall('<!--(.+?)-->', svg)}


def test_the_figure_shows_quality_labels_per_image_and_mistakes():
  found = texts(build(unlabelled=unlabelled({1: [0.9]})))
  assert {'Right labels', 'precision, IoU 0.5', 'recall, IoU 0.75'} <= found
  assert {'Labels per image', 'judged', 'unlabelled', 'labelled'} <= found
  assert {'wrong class', 'duplicate', 'background', 'threshold'} <= found


def test_unlabelled_images_are_drawn_only_if_there_are_some():
  assert 'unlabelled' not in texts(build())


def test_a_report_without_a_label_is_drawn():
  nothing = judgement(right=(), wrong=(), objects=0)
  assert 'Right labels' in texts(build(nothing))


def test_the_same_report_gives_the_same_bytes():
  assert quality_figure.figure(build()) == quality_figure.figure(build())
