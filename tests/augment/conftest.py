"""Fixtures of the tests of the op: both forms of its computation."""

import pytest

from copypaste_tf.augment import engines


# Of a module, because hypothesis takes no fixture of a single test.
@pytest.fixture(scope='module', params=engines.FORMS)
def form(request) -> str:
  return request.param


@pytest.fixture(scope='module')
def engine(form) -> engines.Engine:
  return engines.named(form)
