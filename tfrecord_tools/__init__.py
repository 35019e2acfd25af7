"""Verbs that make, look at and check the TFRecords."""

from copypaste_tf import environment as environment  # Before TensorFlow.
