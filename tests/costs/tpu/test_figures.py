import pytest

from copypaste_tf.costs.tpu import figures
from copypaste_tf.costs.tpu.chips import Chip

GIB = 2**30
CHIP = Chip(flops=100e12, bandwidth=1e12, memory=16 * GIB)
COMPILED = {
  'devices': 8,
  'kind': 'TPU v3',
  'cores_per_device': 1,
  'seconds': 754.3,
  'host_bytes': 7 * GIB,
  'flops': 2e12,
  'argument_bytes': 0.5 * GIB,
  'output_bytes': 0.5 * GIB,
  'alias_bytes': 0.4 * GIB,
  'temporary_bytes': 2 * GIB,
  'code_bytes': 0.25 * GIB,
  'peak_bytes': 2.5 * GIB,
  'runs': 12_345,
  'loops': [
    {'name': 'scan', 'rounds': 1100, 'runs': 2},
    {'name': 'blocks', 'rounds': None, 'runs': 7},
  ],
}
FULL = {
  'error': 'RESOURCE_EXHAUSTED: Ran out of memory on HBM, the total memory '
  'required for HLO temporaries (24.02G) exceeds available HBM (15.48G).'
}


def test_a_step_takes_at_least_the_time_of_its_arithmetic():
  assert figures.shortest_step(COMPILED, CHIP) == pytest.approx(0.02)


def test_a_step_takes_at_least_the_time_of_its_memory_traffic():
  slow = CHIP._replace(bandwidth=1e9)
  assert figures.shortest_step(COMPILED, slow) == pytest.approx(GIB / 1e9)


def test_a_step_that_does_not_fit_reports_the_needed_memory():
  assert figures.needed(COMPILED) == pytest.approx(2.85 * GIB)
  assert figures.needed(FULL) == pytest.approx(24.02 * GIB)
  assert figures.needed({'error': 'UNIMPLEMENTED: sort'}) is None


def test_lines_show_time_memory_and_arithmetic():
  text = '\n'.join(figures.lines(COMPILED, CHIP, batch=2, global_batch=256))
  for part in (
    'TPU v3 x 8, 12m34s, 7.00 GiB',
    '2.85 GiB of 16.00 GiB a device',
    'at once at most 2.50 GiB',
    '2 TFLOP',
    'at least 20 ms, so at most 800 images/s',
    'left out: waits between operations, rounds of loops',
    '12,345 runs a step and device, with 1,100 rounds of 1 loops',
    'blocks: 7 runs a round, counted once; the rounds depend on the data',
    '256 images a step are 128 devices',
  ):
    assert part in text


def test_a_failure_is_one_line_with_what_to_do():
  (line,) = figures.lines(FULL, CHIP, batch=9, global_batch=256)
  assert '24.02 GiB of 16.00 GiB' in line and '--batch_per_core=auto' in line
  error = {'error': 'UNIMPLEMENTED: custom call "x"\nmore\n'}
  (line,) = figures.lines(error, CHIP, batch=1, global_batch=256)
  assert line == 'does not compile: UNIMPLEMENTED: custom call "x"'
