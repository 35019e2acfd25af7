"""The tf.data service: other machines make the batches."""

import hashlib
from typing import Any

import tensorflow as tf


def distribute(
  dataset: tf.data.Dataset, address: str, job: str
) -> tf.data.Dataset:
  """Makes a dataset on the workers of a tf.data service.

  The dispatcher deals out the elements of the dataset's sources one by one
  (dynamic sharding): with `record_order.splittable_records` each file is read
  by one worker in each epoch, and with `reader.train_batches` no two batches
  share their draws. A worker that dies takes the files that it was reading
  along; what is left of the epoch goes to the others.

  Args:
    dataset: what comes out; all that it reads must be visible to the workers.
    address: of the dispatcher, `grpc://host:port`.
    job: name under which hosts share the elements, each going to one host.

  Returns:
    A dataset of the same elements, in the order in which they get ready.
  """
  service = tf.data.experimental.service
  return dataset.apply(
    service.distribute(
      processing_mode=service.ShardingPolicy.DYNAMIC,
      service=address,
      job_name=job,
    )
  )


def job_name(name: str, *details: Any) -> str:
  """Returns a name that only jobs with the same details have.

  A dispatcher outlives runs, and refuses another dataset under a name that it
  knows.

  Args:
    name: for a person.
    *details: what the dataset depends on; `repr` tells values apart.
  """
  digest = hashlib.sha256(repr(details).encode()).hexdigest()
  return f'{name}-{digest[:16]}'
