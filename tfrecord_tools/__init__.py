"""Commands that create, inspect and validate TFRecords."""

from copypaste_tf import environment as environment  # Before TensorFlow.
