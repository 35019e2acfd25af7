"""The first training loop and evaluations are named on the console."""

import pytest
import small_model
import tensorflow as tf

from copypaste_tf import console
from copypaste_tf.training.run import assembly, devices


@pytest.mark.slow
@pytest.mark.thorough
def test_compiling_and_evaluating_are_named_with_their_progress(
  shapes_params, tmp_path, monkeypatch, capsys
):
  monkeypatch.setattr(console, '_FIRST', 0.0)
  monkeypatch.setattr(console, '_EVERY', 0.0)
  monkeypatch.setattr(console, '_LATER', 0.0)
  params = small_model.params(
    *shapes_params, 'BATCH_SIZE = 2', 'experiment.log_every = 1'
  )
  started = devices.start(params)
  _, trainer = assembly.task_and_trainer(started, str(tmp_path), train=True)
  capsys.readouterr()
  with started.strategy.scope():
    trainer.train(tf.constant(1))
    assert 'compiling the training step, then 1 step: ' in (
      capsys.readouterr().err
    )
    trainer.train(tf.constant(1))
    assert 'compiling' not in capsys.readouterr().err
    trainer.evaluate(tf.constant(-1))
  told = capsys.readouterr().err
  assert 'evaluating: ' in told
  assert '3 of 6 images' in told or '6 images, computing the metrics' in told
