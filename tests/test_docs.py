"""Runs every command and every example of the README and the pages.

The commands run unchanged, in a folder that has `configs` and `benchmarks` like
a checkout; `data/coco` there points to the real sample. A training of hours
gets `--dry_run`, one of minutes takes four steps, generated data sets have few
images, and pictures of real images are small. The verbs run in this process,
which has imported TensorFlow; `test_command_line` starts each as a user does.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import numpy as np
import pytest
import verbs
from loaded_module import load

from copypaste_tf import command_line

ROOT = pathlib.Path(__file__).parents[1]
# These make files that the other pages use.
FIRST = [
  ROOT / 'README.md',
  *(ROOT / f'docs/{page}.md' for page in ('data', 'training', 'predict')),
  ROOT / 'docs/self_training.md',
]
PAGES = FIRST + sorted(set((ROOT / 'docs').glob('*.md')) - set(FIRST))

# Other tests run the verbs of these pages in the same way.
THOROUGH = (
  'accelerators',
  'augmented',
  'evaluation',
  'predict',
  'pseudo_label_quality',
  'report',
  'scaling',
  'self_training',
  'training',
  'voc',
  'your_data',
)


def _pages(thorough):
  """Returns all pages as parameters of a test."""
  return [
    pytest.param(
      page,
      id=page.stem,
      marks=[pytest.mark.thorough] if page.stem in thorough else [],
    )
    for page in PAGES
  ]


FEW_STEPS = (
  'schedule.train_steps = 4',
  'schedule.warmup_steps = 1',
  'experiment.log_every = 2',
  'experiment.checkpoint_every = 2',
  'experiment.evaluate_every = 4',
)
# A small model on the records of the README.
SMALL_COCO = [
  '--gin_file=coco_r50_lsj_copypaste',
  '--gin_file=models/maskrcnn_r10_small',
  '--gin_params=BATCH_SIZE=2',
  '--gin_params=IMAGE_SIZE=(128, 128)',
  "--gin_params=PRECISION='float32'",
  '--gin_params=schedule.train_steps=4',
  '--gin_params=schedule.drops=(0.5, 0.9)',
  '--gin_params=schedule.warmup_steps=2',
  '--gin_params=experiment.log_every=2',
  '--gin_params=TaskConfig.panels_every=0',
]


def _blocks(page, language):
  pattern = rf'^```{language}\n(.*?)^```'
  return re.findall(pattern, page.read_text(), re.MULTILINE | re.DOTALL)


def _commands(page):
  for block in _blocks(page, 'bash'):
    joined = block.replace('\\\n', ' ')
    yield from (line for line in joined.split('\n') if line.strip())


@pytest.fixture(scope='module')
def checkout(tmp_path_factory):
  """A folder like a checkout, in which the commands run in turn."""
  folder = tmp_path_factory.mktemp('checkout')
  for name in ('configs', 'benchmarks', 'experiments', 'Makefile', 'setup.py'):
    (folder / name).symlink_to(ROOT / name)
  sample = os.environ.get('COPYPASTE_TF_DATA', '')
  if sample:
    _link_coco(folder, pathlib.Path(sample).resolve() / 'coco_sample')
  return folder


def _link_coco(folder, sample):
  coco = folder / 'data/coco'
  (coco / 'annotations').mkdir(parents=True)
  for split in ('train', 'val'):
    (coco / f'{split}2017').symlink_to(sample / 'images')
    shutil.copy(
      sample / f'instances_{split}.json',
      coco / f'annotations/instances_{split}2017.json',
    )


def _save_recipes(page, checkout):
  """Writes the recipes of a page; their first line is a comment, the path."""
  for block in _blocks(page, 'gin'):
    path = checkout / block.split('\n')[0].removeprefix('# ')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block)


def _words(command):
  words = shlex.split(command)
  if words[0] != 'make' and words[:2] != ['python', '-m']:
    pytest.fail(f'the pages may use python -m and make, not {command!r}')
  return words


def _short(command):
  """Returns the arguments of a command; training becomes a dry run."""
  words = _words(command)
  if words[0] == 'make':
    return ['make', '-n', *words[1:]]
  words = [re.sub('^(--num_(train|val))=.*', r'\1=16', x) for x in words]
  if 'copypaste_tf.train' in words:
    if _needs_real_data(command):
      words.append('--dry_run')
    elif 'smoke' not in command:
      words += [f'--gin_params={line}' for line in FEW_STEPS]
  if 'copypaste_tf.visualize' in words and _needs_real_data(command):
    words.append('--gin_params=IMAGE_SIZE = (256, 256)')
  return words


def _needs_real_data(command):
  return 'data/coco' in command or 'coco_r50' in command


@pytest.fixture(scope='module')
def already_run():
  """Commands of earlier pages, whose files still exist."""
  return set()


def test_every_command_has_flags_of_its_verb(monkeypatch):
  """On all pages, also those whose commands only `make thorough` runs."""
  monkeypatch.setattr(command_line, '_guard', lambda main: None)
  commands = [_words(x) for page in PAGES for x in _commands(page)]
  for _, _, module, *arguments in [x for x in commands if x[0] == 'python']:
    if module.split('.')[0] in ('benchmarks', 'experiments'):
      load(module)[1](['verb', *arguments])
    else:
      done = verbs.run_here(module, *arguments)
      assert not done.returncode, f'{module}: {done.stderr}'


@pytest.mark.slow
@pytest.mark.parametrize('page', _pages(THOROUGH))
def test_commands_run(page, checkout, already_run, monkeypatch):
  monkeypatch.chdir(checkout)
  # The thorough pages run alone, and use the files of the first page.
  for earlier in (FIRST[0], page):
    _run_page(earlier, checkout, already_run)


def _run_page(page, checkout, already_run):
  _save_recipes(page, checkout)
  real = (checkout / 'data/coco').exists()
  for command in _commands(page):
    if command in already_run or (_needs_real_data(command) and not real):
      continue
    done = _run(_short(command))
    already_run.add(command)
    assert not done.returncode, f'{command}\n{done.stdout}\n{done.stderr}'


def _run(words):
  if words[0] == 'make':
    return subprocess.run(words, capture_output=True, text=True, check=False)
  _, _, module, *arguments = words
  package = module.split('.')[0]
  apart = package in ('benchmarks', 'experiments')  # They define flags at once.
  return (verbs.run if apart else verbs.run_here)(module, *arguments)


@pytest.mark.slow
def test_from_real_annotations_to_metrics(
  coco_sample, checkout, already_run, monkeypatch
):
  monkeypatch.chdir(checkout)
  _run_page(FIRST[0], checkout, already_run)
  _check_counts(coco_sample)
  folder = '--model_dir=build/small_coco'
  done = verbs.run_here(
    'copypaste_tf.train', *SMALL_COCO, folder, '--mode=train'
  )
  assert not done.returncode, done.stderr
  results = _json('build/small_coco/results.json')
  assert results['step'] == 4

  annotations = coco_sample / 'instances_val.json'
  done = verbs.run_here(
    *('copypaste_tf.evaluate', folder, '--output=build/small_coco.json'),
    f'--annotation_file={annotations}',
  )
  assert not done.returncode, done.stderr
  detections = _json('build/small_coco.json')
  images = _json(annotations)['images']
  known = {image['id'] for image in images}
  assert detections
  assert {detection['image_id'] for detection in detections} <= known


def _json(path):
  return json.loads(pathlib.Path(path).read_text())


def _check_counts(sample):
  """Compares the manifest of the README's records with their annotations."""
  manifest = _json('data/coco/train-manifest.json')
  annotations = _json(sample / 'instances_train.json')
  assert manifest['counts']['images']['written'] == len(annotations['images'])
  counts = manifest['counts']['annotations']
  assert counts['in'] == len(annotations['annotations'])
  assert counts['written'] + counts['dropped'] == counts['in']


# That of docs/predict.md reads what the commands of the page wrote.
@pytest.mark.parametrize('page', _pages(['predict']))
def test_python_examples_run(page, checkout, monkeypatch):
  monkeypatch.chdir(checkout)  # The commands wrote the data there.
  import tensorflow as tf

  from copypaste_tf.augment import compositions
  from tfrecord_tools import loaders

  # Other tests must not see what an example registers.
  for module, name in ((loaders, '_LOADERS'), (compositions, '_COMPOSITIONS')):
    monkeypatch.setattr(module, name, dict(getattr(module, name)))

  rng = np.random.default_rng(0)
  dataset = tf.data.Dataset.from_tensors(
    {
      'image': rng.integers(0, 256, [60, 80, 3]).astype(np.uint8),
      'masks': rng.random([2, 60, 80]) < 0.1,
      'boxes': np.array([[0, 0, 60, 80]] * 2, np.float32),
      'classes': np.array([1, 2]),
    }
  )
  dataset = dataset.repeat(8).enumerate()
  dataset = dataset.map(lambda i, e: e | {'source_id': i})
  for block in _blocks(page, 'python'):
    names = {'dataset': dataset}
    exec(compile(block, str(page), 'exec'), names)
    if 'train' in names:
      assert next(iter(names['train'])).image.shape[0] == 8


def test_the_first_example_has_at_most_ten_lines():
  block = _blocks(ROOT / 'README.md', 'python')[0]
  lines = [
    x for x in block.split('\n') if x and not x.startswith(('import', 'from'))
  ]
  assert len(lines) <= 10


def test_links_point_to_existing_files():
  for page in [*PAGES, ROOT / 'experiments/results.md']:
    for target in re.findall(r'\]\(([^)#=]+)\)', page.read_text()):
      if not target.startswith('http'):
        assert (page.parent / target).exists(), f'{page.name}: {target}'
