"""Every pool does the same work with the same results."""

import functools
import importlib.util
import os

import pytest
import shard_work

from copypaste_tf.pools import choice
from copypaste_tf.pools.local_pool import LocalPool
from copypaste_tf.pools.pool import Work

POOLS = {
  'one process': (1, None),
  'two processes': (2, None),
  'beam': (None, '--runner=FnApiRunner'),
}
TASKS = {5: [1, 2], 0: [], 7: [4]}


@pytest.fixture(params=POOLS)
def pool(request):
  if request.param == 'beam' and not importlib.util.find_spec('apache_beam'):
    pytest.skip('Apache Beam is not installed: the extra beam')
  return choice.choose(*POOLS[request.param])


def test_the_result_of_each_shard_comes_back(pool, tmp_path):
  found = pool.run(shard_work.SQUARES, TASKS, images=3, prefix=f'{tmp_path}/x')
  assert found == {
    index: {'index': index, 'squares': [n * n for n in numbers]}
    for index, numbers in TASKS.items()
  }
  assert not os.listdir(tmp_path)


def test_no_shards_are_no_work(pool, tmp_path):
  assert pool.run(shard_work.SQUARES, {}, images=0, prefix='none/x') == {}


def test_an_error_of_the_work_is_raised_as_it_was(pool, tmp_path):
  work = shard_work.refusing(tmp_path)
  with pytest.raises(ValueError, match='^3: not a number of ours$') as caught:
    pool.run(work, {0: [1], 1: [3]}, images=2, prefix=f'{tmp_path}/x')
  assert type(caught.value) is ValueError
  assert not [name for name in os.listdir(tmp_path) if 'begun' not in name]


def test_work_is_prepared_once_where_others_do_it(pool, tmp_path):
  set_up = functools.partial(shard_work.touch, str(tmp_path), 'ready')
  work = Work(shard_work.squares, set_up)
  pool.run(work, {i: [i] for i in range(6)}, images=6, prefix=f'{tmp_path}/x')
  processes = len(os.listdir(tmp_path))
  if pool == LocalPool(1):
    assert processes == 0
  else:
    assert processes in (1, 2)
