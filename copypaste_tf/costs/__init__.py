"""Measures and counts: the input pipeline, the training step, TPU memory."""
