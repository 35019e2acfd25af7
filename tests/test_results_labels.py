"""A file of detections is evaluated against a VOCdevkit."""

import json

import pytest
import verbs
import voc_folder


def run(*arguments):
  return verbs.run_here('copypaste_tf.evaluate', *arguments)


@pytest.fixture
def devkit(tmp_path):
  objects = [
    voc_folder.entry('cat', (1, 1, 20, 20)),
    voc_folder.entry('dog', (1, 1, 20, 20), 1),
    voc_folder.entry('dog', (31, 1, 50, 20), 0),
  ]
  return voc_folder.write(
    tmp_path / 'VOCdevkit',
    {'2007/000005': voc_folder.annotation(*objects)},
    {'2007/test': ['000005']},
  )


@pytest.fixture
def results(tmp_path):
  path = tmp_path / 'detections.json'
  entries = [(8, [0, 0, 20, 20]), (12, [0, 0, 20, 20]), (12, [30, 0, 20, 9])]
  content = [
    {'image_id': 5, 'category_id': category, 'bbox': box, 'score': 0.5}
    for category, box in entries
  ]
  path.write_text(json.dumps(content))
  return path


def test_detections_are_measured_against_the_xml_files(
  devkit, results, tmp_path
):
  done = run(
    f'--results={results}',
    f'--voc_dir={devkit}',
    '--sets=2007:test',
    f'--metrics={tmp_path}/metrics.json',
    f'--categories_csv={tmp_path}/categories.csv',
  )
  assert done.returncode == 0, done.stderr
  rows = [line.split() for line in done.stdout.splitlines()]
  assert rows[:2] == [['voc07', 'voc12'], ['ap50', '0.500', '0.500']]
  assert ['cat', '1.000', '1.000'] in rows
  assert ['dog', '0.000', '0.000'] in rows and len(rows) == 23
  metrics = json.loads((tmp_path / 'metrics.json').read_text())
  assert metrics['voc07_ap50'] == metrics['voc12_ap50'] == 0.5
  assert metrics['voc07_ap50/cat'] == 1 and metrics['voc07_ap50/cow'] == -1
  table = (tmp_path / 'categories.csv').read_text()
  assert table.startswith('category,voc07_ap50,voc12_ap50\naeroplane,,\n')
  assert '1 of 3 objects are difficult' in done.stderr
  assert '18 of 20 classes have no object that counts' in done.stderr


def test_the_same_labels_can_be_measured_as_coco_does(devkit, results):
  done = run(
    f'--results={results}',
    f'--voc_dir={devkit}',
    '--sets=2007:test',
    '--protocol=coco',
  )
  assert done.returncode == 0, done.stderr
  assert done.stdout.split()[0] == 'box'


@pytest.mark.parametrize(
  ('arguments', 'expected'),
  [
    (['--voc_dir=DEVKIT'], '--voc_dir: expected --sets too'),
    (['--sets=2007:test'], '--sets: expected --voc_dir too'),
    (['--voc_dir=DEVKIT', '--sets=2007'], "2007:trainval, got '2007'"),
    (['--voc_dir=DEVKIT', '--sets=2007:val'], 'Main/val.txt; expected a VOC'),
    (['--voc_dir=/no', '--sets=2007:test'], 'there is no file /no/VOC2007'),
    (
      ['--voc_dir=DEVKIT', '--sets=2007:test', '--annotation_file=a.json'],
      '--voc_dir and --annotation_file: expected one of them',
    ),
    (
      ['--voc_dir=DEVKIT', '--sets=2007:test', '--results='],
      '--voc_dir: expected --results too',
    ),
    (
      ['--voc_dir=DEVKIT', '--sets=2007:test', '--iou_types=segm'],
      'the protocol voc measures bbox, got the IoU types segm',
    ),
    (
      ['--voc_dir=DEVKIT', '--sets=2007:test', '--backend=pycocotools'],
      'expected faster for --protocol=voc',
    ),
    (
      ['--voc_dir=DEVKIT', '--sets=2007:test', '--protocol=lvis'],
      "needs LVIS's lists of categories",
    ),
  ],
)
def test_labels_that_are_not_named_well_are_refused(
  devkit, results, arguments, expected
):
  given = [x.replace('DEVKIT', str(devkit)) for x in arguments]
  done = run(f'--results={results}', *given)
  assert done.returncode == 1 and not done.stdout
  (line,) = done.stderr.splitlines()
  assert expected in line


def test_detections_of_images_that_the_set_lacks_are_refused(devkit, results):
  content = json.loads(results.read_text())
  content[0]['image_id'] = 2008000002
  results.write_text(json.dumps(content))
  done = run(f'--results={results}', f'--voc_dir={devkit}', '--sets=2007:test')
  assert done.returncode == 1 and 'such as 2008000002' in done.stderr
