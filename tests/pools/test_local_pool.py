"""A failure or an interrupt keeps the other shards from beginning."""

import concurrent.futures

import pytest
import shard_work

from copypaste_tf.pools.local_pool import LocalPool


def begun(folder):
  return {int(path.stem) for path in folder.glob('*.begun')}


def test_shards_after_a_failure_do_not_begin(tmp_path):
  tasks = {i: [i] for i in range(300)}
  with pytest.raises(ValueError, match='3: not'):
    LocalPool(2).run(
      shard_work.refusing(tmp_path), tasks, images=300, prefix='none/x'
    )
  assert 3 in begun(tmp_path) and len(begun(tmp_path)) < 200


def test_an_interrupt_leaves_the_shards_that_have_not_begun(
  tmp_path, monkeypatch
):
  def interrupt(*_, **__):
    raise KeyboardInterrupt

  monkeypatch.setattr(concurrent.futures, 'wait', interrupt)
  tasks = {i: [i + 9] for i in range(300)}
  with pytest.raises(KeyboardInterrupt):
    LocalPool(2).run(
      shard_work.refusing(tmp_path), tasks, images=300, prefix='none/x'
    )
  assert len(begun(tmp_path)) < 200


def test_one_process_reports_each_image_as_it_is_done(capsys):
  LocalPool(1).run(
    shard_work.SQUARES, {0: [1, 2], 1: [3]}, images=3, prefix='none/x'
  )
  assert '3/3' in capsys.readouterr().err
