import itertools

import numpy as np
import pytest
import serialized
import verbs

from copypaste_tf import records
from copypaste_tf.inputs import pipeline
from copypaste_tf.inputs.data_config import CopyPaste, ScaleJitter, TrainData
from copypaste_tf.verbs import visualize

SIZE = (64, 64)


def make_records(path, seeds, **changes):
  written = [serialized.make_record(s, count=5, **changes)[0] for s in seeds]
  return serialized.write(path, [records.serialize(r) for r in written])


def make_config(tmp_path, **changes):
  path = make_records(tmp_path / 'targets.tfrecord', range(9))
  return TrainData(
    **{
      'input_path': path,
      'global_batch_size': 4,
      'source_size': (64, 64),
      'max_instances': 12,
      'max_source_instances': 8,
      'shuffle_buffer_size': 50,
      'seed': 3,
      'jitter': ScaleJitter(min_scale=0.7, max_scale=1.5),
      'copy_paste': CopyPaste(min_visible_area=20),
    }
    | changes
  )


def take(data, count):
  return list(itertools.islice(visualize.examples(data, SIZE), count))


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
  """A config and its examples, shared because the compilation is slow."""
  data = make_config(tmp_path_factory.mktemp('drawn'))
  return data, take(data, 9)


def pixels_differ(image, other):
  """Returns where uint8 images differ by more than rounding."""
  return (np.abs(image.astype(int) - other) > 1).any(-1)


def check_composition(example):
  """Checks that alpha selects between the pixels of source and target."""
  alpha = example.result.alpha
  assert not pixels_differ(example.result.image, example.target.image)[
    ~alpha
  ].any()
  assert not pixels_differ(example.result.image, example.source.image)[
    alpha
  ].any()


SOURCES = {
  'own jitter': lambda tmp_path: {
    'source_jitter': ScaleJitter(min_scale=0.3, max_scale=0.5)
  },
  'separate': lambda tmp_path: {
    'source_input_path': make_records(tmp_path / 'sources', range(50, 57))
  },
}


def check_pairs(drawn_examples):
  for example in drawn_examples:
    check_composition(example)
    ids = [example.target.source_id, example.source.source_id]
    assert example.result.source_id.tolist() == ids
    assert ids[0] != ids[1]
  assert sum(example.result.alpha.any() for example in drawn_examples) > 2


def test_pixels_come_from_the_target_and_the_source(drawn):
  check_pairs(drawn[1])


@pytest.mark.parametrize('kind', SOURCES)
def test_target_and_source_with_a_separate_source_set(tmp_path, kind):
  drawn = take(make_config(tmp_path, **SOURCES[kind](tmp_path)), 6)
  check_pairs(drawn)
  if kind == 'separate':
    assert all(example.source.source_id >= 1050 for example in drawn)


def test_results_equal_those_of_the_training_pipeline(drawn):
  data, drawn_examples = drawn
  batches = pipeline.train_dataset(data, SIZE).take(2)
  expected = [row for batch in batches for row in batch.boxes.numpy()]
  for example, boxes in zip(drawn_examples[:8], expected, strict=True):
    np.testing.assert_array_equal(example.result.boxes, boxes)


def test_statistics_agree_with_the_pictures(drawn):
  for example in drawn[1]:
    gone = visualize.sheet.panels.removed(example).sum()
    statistics = example.result.statistics
    assert gone == statistics['objects_removed']
    assert example.result.pasted.sum() == statistics['objects_pasted']


def test_without_copy_paste_the_target_is_the_result(tmp_path):
  for example in take(make_config(tmp_path, copy_paste=None), 5):
    assert example.source is None
    np.testing.assert_array_equal(example.target.image, example.result.image)
    np.testing.assert_array_equal(example.target.ids, example.result.ids)
    assert example.target.source_id == example.result.source_id[0]


def test_large_batches_and_bfloat16_are_drawn(tmp_path):
  data = make_config(tmp_path, global_batch_size=256, dtype='bfloat16')
  assert len(take(data, 3)) == 3


def test_a_record_that_does_not_decode_is_named(tmp_path):
  path = make_records(tmp_path / 'x', [1, 2], image_bytes=b'no image')
  data = make_config(tmp_path, input_path=path, global_batch_size=2)
  with pytest.raises(ValueError, match=f'{path}.* 0'):
    take(data, 1)


def test_facts_describe_the_recipe(tmp_path):
  facts = dict(visualize.facts(make_config(tmp_path), SIZE))
  assert facts['canvas'] == '64 x 64 pixels'
  assert 'max_scale 1.5' in facts['jitter']
  assert 'min_visible_area 20' in facts['Copy-Paste']
  assert 'sources' not in facts
  off = visualize.facts(make_config(tmp_path, copy_paste=None), SIZE)
  assert ('Copy-Paste', 'off') in off


def test_the_title_names_the_recipes():
  assert visualize.title(['configs/a.gin', 'b']) == 'a, b'
  assert visualize.title([]) == 'training examples'


def command(*arguments):
  return verbs.run_here('copypaste_tf.visualize', *arguments)


def test_the_command_writes_a_sheet(tmp_path):
  path = make_records(tmp_path / 'targets.tfrecord', range(9))
  sheet = tmp_path / 'new' / 'sheet.html'
  done = command(
    '--gin_file=smoke',
    f'--gin_params=TRAIN_RECORDS = "{path}"',
    # Neither of these is read.
    f'--gin_params=EVAL_RECORDS = "{tmp_path}/none"',
    f'--gin_params=TaskConfig.init_checkpoint = "{tmp_path}/none"',
    '--gin_params=TrainData.num_planes = 8',
    '--gin_params=IMAGE_SIZE = (64, 64)',
    '--num_images=5',
    f'--output={sheet}',
  )
  assert done.returncode == 0, done.stderr
  assert sheet.read_text().count('<img') == 5 * 4
  assert len(list((tmp_path / 'new' / 'sheet_files').glob('*.png'))) == 5


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['--gin_file=smoke'], '--output is required'),
    (
      ['--gin_file=smoke', '--output=x.html']
      + ['--gin_params=TRAIN_RECORDS = "/nowhere/x"'],
      '/nowhere/x',
    ),
  ],
)
def test_user_errors_are_one_line(arguments, message):
  done = command(*arguments)
  assert done.returncode != 0
  assert message in done.stderr + done.stdout
  assert 'Traceback' not in done.stderr


def test_a_mixed_image_is_shown_with_both_of_its_images(tmp_path):
  data = make_config(tmp_path, copy_paste=None, composition='mixup')
  for example in take(data, 3):
    share = example.result.statistics['mixup/target_share']
    expected = share * example.target.image + (1 - share) * example.source.image
    assert np.abs(example.result.image - expected).max() < 1.5
    labels = (example.result.classes > 0).sum()
    both = (example.target.classes > 0).sum(), example.result.pasted.sum()
    assert labels == sum(both) > both[0]
    assert example.result.alpha.all()
