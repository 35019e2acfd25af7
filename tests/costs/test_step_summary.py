from copypaste_tf.costs import step_summary
from copypaste_tf.costs.operation_counts import Counts, Loop, Part

STEP = Counts(
  runs=12_345,
  bytes=3_000_000,
  loops=(Loop('PartitionedCall/labels/while', None, 4), Loop('x', 9, 1)),
  names={},
  parts={
    'other': Part(45, 1_000_000),
    'labels': Part(2_300, 500_000),
    'forward': Part(10_000, 1_500_000),
  },
)
ALONE = Counts(140, 40, (), {}, {'other': Part(140, 40)})
NUMBERS = {
  'times': {
    'plain': {
      'milliseconds': {'augmentation': 3.0, 'forward': 1.25, 'step': 8.0},
      'images_per_second': 250.0,
      'images_per_second_without_copy_paste': 500.0,
      'copy_paste_share': 0.5,
      'first_step_seconds': 2.5,
      'share_of_peak': 0.25,
    }
  },
  'counts': step_summary.counts({'step': STEP, 'augmentation': ALONE}),
  'memory': {'host_memory_gib': 1.5},
  'notes': ['no accelerator'],
}


def test_counts_have_a_row_for_each_part():
  rows = NUMBERS['counts']
  assert rows['step'] == {
    'runs': 12_345,
    'bytes': 3_000_000,
    'data_loops': ['labels/while'],
  }
  assert rows['forward'] == {'runs': 10_000, 'bytes': 1_500_000}
  assert rows['augmentation']['data_loops'] == []
  assert rows['other']['runs'] == 45


def test_the_table_has_the_parts_in_their_order():
  lines = step_summary.table(NUMBERS).split('\n')
  first = [line[:34].strip() for line in lines[1:6]]
  assert first == ['augmentation', 'labels', 'forward', 'other', 'step']
  assert lines[1].split() == ['augmentation', '3.00', '140', '0.0']
  assert lines[3].split() == ['forward', '1.25', '10,000', '1.5']
  assert '12,345+' in lines[5]


def test_rates_loops_memory_and_notes_follow_the_table():
  text = step_summary.table(NUMBERS)
  for part in (
    'runtime.xla = False: 250 images/s, 500 without Copy-Paste, which adds '
    '50.0% of a step; 2.5 s to the first step',
    '25.0% of the peak of the chip',
    'labels/while',
    'memory: host 1.50 GiB',
    'note: no accelerator',
  ):
    assert part in text


def test_counts_may_be_left_out():
  lines = step_summary.table(NUMBERS | {'counts': None}).split('\n')
  assert lines[1].split() == ['augmentation', '3.00']
