import pytest

from copypaste_tf.costs.tpu import largest_batch

GIB = 2**30


def _need(fixed, each, batch):
  """Bytes: nearly a line."""
  return (fixed + each * batch + (batch % 3) * 0.01) * GIB


def _search(fixed, each, limit):
  tried = []

  def need(batch):
    tried.append(batch)
    return _need(fixed, each, batch)

  return largest_batch.search(need, limit * GIB), tried


@pytest.mark.parametrize('limit', [3.0, 3.9, 5.0, 15.48, 95.74, 777.0])
@pytest.mark.parametrize('fixed', [0.0, 0.5, 1.9])
@pytest.mark.parametrize('each', [0.3, 0.97])
def test_search_agrees_with_trying_every_batch(fixed, each, limit):
  found, tried = _search(fixed, each, limit)

  def fits(batch):
    return _need(fixed, each, batch) <= limit * GIB

  assert fits(found) and not fits(found + 1)
  assert len(tried) == len(set(tried)) <= 6


def test_zero_if_no_batch_fits():
  assert _search(1.0, 10.0, 10.0) == (0, [1])


def test_the_search_ends_if_memory_does_not_grow():
  found, _ = _search(1.0, 0.0, 0.5)
  assert found == 0


def test_memory_that_grows_only_for_large_batches():
  def need(batch):
    return 1.0 if batch < 5 else 100.0

  assert largest_batch.search(need, 10.0) == 4
