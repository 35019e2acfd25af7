"""What tests of reports share: a training example with a paste."""

import pasted_example
import pytest


@pytest.fixture
def example():
  return pasted_example.example()
