import re

import compared_folders
import numpy as np
import pytest

from copypaste_tf.reporting import compared_curves, curves
from copypaste_tf.reporting.events import Curve, Events


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  folder = tmp_path_factory.mktemp('runs')
  return compared_folders.read(compared_folders.make(folder, ['a', 'b']))


def with_curves(run, **tags):
  drawn = {tag: Curve(np.array([0, 5]), np.ones(2)) for tag in tags}
  events = Events(drawn, {})
  return run._replace(run=run.run._replace(train=events, validation=events))


def titles(svg):
  return re.findall('<!-- (.*?) -->', svg)


def colors(svg, width='1.4'):
  return re.findall(
    f'stroke: (#[0-9a-f]+); stroke-width: {width}', svg.replace('\n', '')
  )


def test_each_loss_metric_and_speed_has_a_plot_of_all_runs(runs):
  texts = titles(compared_curves.figure(runs))
  for title in ('Loss, sum', 'Loss, mask', 'Mask AP, %', 'Images per second'):
    assert texts.count(title) == 1
  assert 'Loss, class' not in texts
  assert texts.count('a') == texts.count('b') == 1  # In the legend.


def test_long_titles_take_two_lines(runs):
  texts = titles(
    compared_curves.figure([with_curves(runs[0], **{'paste/boxes_shrunk': 1})])
  )
  assert 'Objects of the target, per' in texts
  assert 'image, box shrunk' in texts


def test_a_run_has_the_same_colour_where_another_run_has_no_curve(runs):
  few = with_curves(runs[0], model_loss=1)
  many = with_curves(runs[1], model_loss=1, mask_loss=1)
  drawn = colors(compared_curves.figure([few, many]))
  first, second = curves.COLORS[:2]
  assert drawn == [first, second, second]


def test_more_runs_than_colours_are_drawn_dashed(runs):
  many = [runs[0]._replace(label=f'run {n}') for n in range(8)]
  svg = compared_curves.figure(many)
  assert 'run 7' in titles(svg)
  assert 'stroke-dasharray' in svg


def test_runs_without_curves_have_no_figure(runs):
  assert compared_curves.figure([with_curves(one) for one in runs]) is None


def test_the_same_curves_give_the_same_bytes(runs):
  assert compared_curves.figure(runs) == compared_curves.figure(runs)
