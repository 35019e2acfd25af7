import json
import xml.etree.ElementTree

from judged_labels import build, judgement, unlabelled

from copypaste_tf.labelling import gates, quality_report
from copypaste_tf.labelling.thresholds import Thresholds


def test_a_report_has_a_row_for_each_threshold_and_one_for_the_chosen():
  report = build(chosen=Thresholds(0.65))
  assert report['thresholds'][9] == 0.5
  assert report['rows'][9]['precision']['0.5'] == 0.6667
  assert report['rows'][9]['recall']['0.5'] == 0.4
  assert report['rows'][9]['per_image'] == {
    'mean': 0.75,
    'median': 1.0,
    'empty': 0.25,
    'full': 0.0,
  }
  assert len(report['rows']) == len(report['thresholds']) == 19
  assert report['chosen']['default'] == 0.65
  assert report['chosen']['row']['precision']['0.5'] == 0.5
  assert report['judged'] == {'images': 4, 'labels': 5, 'per_image': 1.25}
  assert 'unlabelled' not in report['chosen']['row']
  assert report['problems'] == []


def test_a_report_has_the_classes_of_objects_and_labels():
  labels = unlabelled({1: [0.5, 0.4], 2: [0.9]})
  chosen = Thresholds(0.5, {1: 0.4})
  report = build(chosen=chosen, unlabelled=labels)
  first, second = report['classes'].values()
  assert (first['name'], second['name']) == ('cell', 'a | b\n')
  assert (first['threshold'], second['threshold']) == (0.4, 0.5)
  assert first['labelled_per_image'] == 1.0
  assert first['unlabelled_per_image'] == 1.0
  assert second['unlabelled_per_image'] == 0.5
  assert second['chosen']['labels'] == 0
  assert second['chosen']['recall'] == {'0.5': 0.0, '0.75': 0.0}
  assert len(first['rows']) == 19


def test_unlabelled_images_stand_beside_the_judged_ones():
  report = build(unlabelled=unlabelled({1: [0.9, 0.8, 0.3, 0.2]}))
  assert report['unlabelled_images'] == 2
  row = report['chosen']['row']['unlabelled']
  assert row == {'mean': 1.0, 'median': 1.0, 'empty': 0.0, 'full': 0.0}
  # 1.25 labels an image, as on the judged images: three of two.
  assert report['matching_threshold'] == 0.3


def test_problems_are_those_of_the_unlabelled_images_and_of_the_judged():
  reference = gates.LabelCounts(10, 0, 0, {1: 500})
  few = build(labelled=reference, unlabelled=unlabelled({1: [0.9, 0.9]}))
  (line,) = few['problems']
  assert '1.00 labels per image' in line and '(50.00)' in line
  bad = judgement(right=[0.9], wrong=[0.8] * 9, objects=99)
  first, second = build(bad, labelled=gates.LabelCounts())['problems']
  assert '10% of the labels' in first and '100% of the others' in first
  assert '1% of the objects' in second


def test_a_report_of_no_label_can_be_written(tmp_path):
  report = build(
    judgement(right=(), wrong=(), objects=0), unlabelled=unlabelled({})
  )
  assert 'no label' in report['problems'][0]
  quality_report.write(str(tmp_path), report)
  assert '| 0.50 | – | – |' in (tmp_path / 'quality.md').read_text()


def test_a_report_is_written_as_json_page_and_figure(tmp_path):
  report = build(
    unlabelled=unlabelled({1: [0.9, 0.3], 2: [0.8]}),
    conditions={'checkpoint': 'runs/a/ckpt-4'},
  )
  quality_report.write(str(tmp_path / 'new'), report)
  folder = tmp_path / 'new'
  read = json.loads((folder / 'quality.json').read_text())
  assert read == json.loads(json.dumps(report))
  page = (folder / 'quality.md').read_text()
  assert '- checkpoint: runs/a/ckpt-4' in page
  assert '(quality.svg)' in page
  xml.etree.ElementTree.parse(folder / 'quality.svg')
  assert sorted(path.name for path in folder.iterdir()) == [
    'quality.json',
    'quality.md',
    'quality.svg',
  ]
