"""Builds the task of a config and prints its table."""

from copypaste_tf import config_flags
from copypaste_tf.tasks import registry


def main() -> None:
  """Prints the table."""
  print(registry.build(config_flags.load().params.task).model_table())
