"""Summaries of the samples of a benchmark."""

import json

import pytest

from copypaste_tf.costs import input_summary
from copypaste_tf.costs.input_benchmark import Costs, Run
from copypaste_tf.costs.measure import Point, Sample


def rows(*milliseconds):
  """Samples of so much CPU time, and twice the time by the clock."""
  return [Sample(ms / 1e3, ms / 500) for ms in milliseconds]


@pytest.fixture
def costs():
  samples = {
    'decode_jpeg': rows(4, 2, 3),
    'stage/read': rows(1, 1, 1),
    'stage/decode': rows(7, 6, 5),
    'stage/augment': rows(20, 30, 40),
    'on host': rows(20, 30, 40),
    'off host': rows(10, 20, 10),
    'on device': rows(8, 8, 8),
    'off device': rows(8, 4, 8),
    'op by op': rows(300, 300, 300),
  }
  return input_summary.costs(Costs(samples, 500.0))


@pytest.fixture
def run():
  points = [Point(i + 1, rate, 100.0 + i) for i, rate in enumerate([10] * 6)]
  points += [Point(7, 5.0, 90.0), Point(8, 5.0, 90.0), Point(9, 5.0, 120.0)]
  return input_summary.run(Run(points, 80.0, 130.0))


def test_costs_are_medians(costs):
  assert costs['decode_ms'] == pytest.approx(3)
  on = costs['pipelines']['on host']
  assert on['cpu_ms'] == pytest.approx(30)
  assert on['decodes'] == pytest.approx(10)
  assert on['images_per_second'] == pytest.approx(1000 / 60)
  assert costs['pipelines']['op by op']['decodes'] == pytest.approx(100)
  assert costs['peak_mib'] == 500


def test_a_stage_costs_what_it_adds(costs):
  assert costs['stages_ms'] == pytest.approx(
    {'read': 1, 'decode': 5, 'augment': 24}
  )


def test_the_ratio_compares_within_a_round(costs):
  ratios = {'host': 2, 'device': 1}  # Of 2, 1.5, 4 and of 1, 2, 1.
  assert costs['on_over_off'] == pytest.approx(ratios)


def test_a_run_that_slows_down_and_grows_shows(run):
  assert run['last_over_first'] == pytest.approx(0.5)
  assert run['growth_mib'] == pytest.approx(120 - 102)
  assert run['images_per_second'] == pytest.approx(75 / 9)
  assert (run['base_mib'], run['peak_mib']) == (80, 130)
  assert len(run['points']) == 9 and run['points'][8]['rss_mib'] == 120


SIZES = {'host': 3_000_000, 'device': 1_000_000}


def test_the_rate_of_an_accelerator_gives_cores_and_bandwidth(costs):
  cheaper = {'pipelines': {'on host': {'cpu_ms': 20}, 'op by op': {}}}
  needs = input_summary.needs({'1': costs, '2': cheaper}, SIZES, 400.0)
  assert needs['images_per_second'] == 400
  assert needs['cores'] == pytest.approx({'on host': 8})
  assert needs['mb_per_second'] == pytest.approx({'host': 1200, 'device': 400})


def test_the_table_shows_costs_the_long_run_and_the_needs(costs, run):
  needs = input_summary.needs({'1': costs}, SIZES, 400.0)
  summary = {'cores': {'1': costs, '2': costs}, 'bytes_per_image': SIZES}
  short = input_summary.table(summary)
  assert 'batches' not in short and 'keep' not in short
  summary |= {'run': run, 'needs': needs}
  lines = [line.split() for line in input_summary.table(summary).splitlines()]
  assert lines.count(['augment', '24.00', '8.00']) == 2
  assert lines.count(['on', 'host', '30.00', '10.00', '16.7']) == 2
  text = input_summary.table(summary)
  assert 'on over off: 2.00 (host), 1.00 (device)' in text
  assert '3.00 MB an image (host), 1.00 MB an image (device)' in text
  assert '9 batches: 8.3 images/s, last third 0.50 of the first' in text
  assert '80 MiB before, at most 130, +18 after the first third' in text
  assert '400 images/s keep host cores busy: 12.0 (on host), 4.0' in text
  json.dumps(summary)
