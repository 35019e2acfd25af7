"""Describes the environment of a run: packages, commit, machine, command."""

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from typing import Any

import tensorflow as tf

PACKAGES = (
  'copypaste_tf',
  'tensorflow',
  'tf-keras',
  'tf-models-official',
  'gin-config',
  'numpy',
  'opencv-python-headless',
  'pycocotools',
  'faster-coco-eval',
)


def describe(strategy: str) -> dict[str, Any]:
  """Describes the environment: packages, commit, machine, command, strategy."""
  return {
    'time': time.strftime('%Y-%m-%dT%H:%M:%S%z'),
    'command': sys.argv,
    'python': platform.python_version(),
    'platform': platform.platform(),
    'cpus': os.cpu_count(),
    'devices': [device.name for device in tf.config.list_logical_devices()],
    'strategy': strategy,
    'packages': packages(),
    'git_commit': _git_commit(),
  }


def packages() -> dict[str, str | None]:
  """Returns the versions of the packages that a run depends on."""
  return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
  try:
    return importlib.metadata.version(package)
  except importlib.metadata.PackageNotFoundError:
    return None


def _git_commit() -> str | None:
  """Returns the commit of this checkout; None outside a checkout.

  A `+` at the end means that files are changed.
  """
  command = ['git', 'describe', '--always', '--abbrev=40', '--exclude=*']
  try:
    return subprocess.run(
      [*command, '--dirty=+'],
      cwd=os.path.dirname(__file__),
      capture_output=True,
      text=True,
      check=True,
    ).stdout.strip()
  except (OSError, subprocess.CalledProcessError):
    return None
