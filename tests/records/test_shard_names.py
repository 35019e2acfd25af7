"""Names of shards agree with the manifest that is looked for beside them."""

import re

from copypaste_tf.records import files, shard_names


def test_the_manifest_of_a_shard_is_that_of_its_prefix():
  path = shard_names.shard_path('out/a-00001-of-00002', 7, 1024)
  assert path == 'out/a-00001-of-00002-00007-of-01024.tfrecord'
  assert re.fullmatch('out/a-00001-of-00002' + shard_names.SHARD, path)
  prefix = 'out/a-00001-of-00002'
  assert files.manifest_path(path) == shard_names.manifest_path(prefix)
  assert shard_names.state_path(path) == f'{path}.json'
