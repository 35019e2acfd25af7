"""Tables show counts, ratios of rounds, and who was skipped."""

from benchmarks.peers import tables


def _arm(*seconds, **more):
  return [{'cpu': s, 'version': 'one 1.0', **more} for s in seconds]


def test_a_count_stands_beside_the_whole_unless_it_is_zero():
  counts = {'pairs': 9, 'labels': 1234, 'masks_too_large': 5, 'wrong_areas': 0}
  table = tables.of_labels({'one': {'counts': counts, 'version': 'one 1.0'}})
  assert '| masks too large | 5 of 1,234 |' in table
  assert '| wrong areas | 0 |' in table
  assert '| untouched lost | - |' in table
  assert '- one: one 1.0' in table


def test_a_system_that_was_skipped_has_its_reason_and_no_column():
  reason = "ModuleNotFoundError: No module named 'two'"
  table = tables.of_labels({'two': {'skipped': reason}})
  assert table.startswith('|  |\n')
  assert f'- two: skipped, {reason}' in table


def test_ratios_are_of_the_same_round():
  """A round in which the machine is slow divides itself away."""
  results = {
    'ours': {
      'on': _arm(0.01, unit=0.002) + _arm(0.02, unit=0.004),
      'off': _arm(0.008, 0.016),
    },
    'peer': {'on': _arm(0.05, 0.1), 'off': _arm(0.025, 0.05)},
    'absent': {'on': [{'skipped': 'why'}], 'off': [{'skipped': 'why'}]},
  }
  ours, peer = tables.of_times(results).splitlines()[2:4]
  assert '| 5.00 (5.00 to 5.00) | 1.00 (1.00 to 1.00) |' in ours
  assert '| 25.00 (25.00 to 25.00) | 5.00 (5.00 to 5.00) |' in peer
  assert peer.endswith('| 12.50 (12.50 to 12.50) | 2.00 (2.00 to 2.00) |')
  assert '- absent: skipped, why' in tables.of_times(results)
