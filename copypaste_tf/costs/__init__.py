"""Measures the input pipeline and compiles the training step for TPUs."""
