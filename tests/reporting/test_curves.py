import re
from xml.etree import ElementTree

import numpy as np
import pytest

from copypaste_tf.reporting import curves
from copypaste_tf.reporting.events import Curve
from copypaste_tf.tasks.detection.captions import CAPTIONS

STEPS = np.arange(0, 100, 10)


def curve(values):
  values = np.broadcast_to(np.asarray(values, float), STEPS.shape)
  return Curve(STEPS, values)


def comments(svg):
  """The texts of a figure: Matplotlib draws glyphs, and keeps the words."""
  ElementTree.fromstring(svg)  # Well-formed.
  return [text.strip() for text in re.findall('<!--(.+?)-->', svg)]


def test_loss_figure_names_the_available_losses():
  train = {'model_loss': curve(3 - STEPS / 50), 'mask_loss': curve(1)}
  texts = comments(curves.loss_figure(train, {}, CAPTIONS))
  assert {'Training loss', 'sum', 'mask', 'step'} <= set(texts)
  assert 'class' not in texts
  assert 'AP on held-out images, %' not in texts


def test_loss_figure_shows_ap_in_percent_from_the_second_evaluation():
  train = {'model_loss': curve(1)}
  once = {'mask_ap': Curve(np.array([9]), np.array([0.4]))}
  assert 'AP on held-out images, %' not in comments(
    curves.loss_figure(train, once, CAPTIONS)
  )
  twice = {'mask_ap': Curve(np.array([5, 9]), np.array([0.47, 0.5]))}
  texts = comments(curves.loss_figure(train, twice, CAPTIONS))
  # No step on the other axis has the mark 50.
  assert {'AP on held-out images, %', '50'} <= set(texts)


def test_no_curves_give_no_figure():
  assert curves.loss_figure({'learning_rate': curve(1)}, {}, CAPTIONS) is None
  assert curves.panel_figure({'mask_loss': curve(1)}, CAPTIONS.panels) is None


def test_panel_figure_draws_panels_that_have_curves():
  train = {
    'learning_rate': curve(0.02),
    'paste/objects_pasted': curve(2),
    'paste/objects_available': curve(4),
  }
  texts = comments(curves.panel_figure(train, CAPTIONS.panels))
  assert {'Learning rate', 'Objects per image', 'pasted'} <= set(texts)
  assert 'Images per second' not in texts


@pytest.mark.parametrize('value', [0.0, -3.0, np.nan, np.inf, 1e30])
def test_odd_values_are_drawn(value):
  train = {'model_loss': curve(value)}
  assert 'Training loss' in comments(curves.loss_figure(train, {}, CAPTIONS))
  single = {'model_loss': Curve(np.array([0]), np.array([value]))}
  assert 'Training loss' in comments(curves.loss_figure(single, {}, CAPTIONS))


def test_large_first_losses_are_cut_off():
  values = np.array([[500.0] + [2.0] * 99])
  assert curves._top(values) < 10
  assert curves._top(np.array([[2.0, 1.0]])) > 2.0


def test_another_task_has_other_names():
  captions = CAPTIONS._replace(
    losses={'pixel_loss': 'pixels', 'edge_loss': 'edges'},
    headlines={'miou': 'mIoU'},
    headline_axis='mIoU in percent',
  )
  train = {'pixel_loss': curve(1), 'edge_loss': curve(2), 'mask_loss': curve(3)}
  texts = comments(
    curves.loss_figure(
      train, {'miou': curve(0.5), 'mask_ap': curve(1)}, captions
    )
  )
  assert {'pixels', 'edges', 'mIoU in percent'} <= set(texts)
  assert 'mask' not in texts
  panels = {'Steepness': {'edge_loss': ''}}
  assert 'Steepness' in comments(curves.panel_figure(train, panels))


def test_same_curves_give_the_same_bytes():
  train = {'model_loss': curve(1), 'mask_loss': curve(2)}
  assert curves.loss_figure(train, {}, CAPTIONS) == curves.loss_figure(
    train, {}, CAPTIONS
  )
