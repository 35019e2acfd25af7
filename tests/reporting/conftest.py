"""Shares a training example with a paste among the tests of reports."""

import pasted_example
import pytest


@pytest.fixture
def example():
  return pasted_example.example()
