"""Moves the input pipeline to the workers of a tf.data service."""

import hashlib
from typing import Any

import tensorflow as tf


def distribute(
  dataset: tf.data.Dataset, address: str, job: str
) -> tf.data.Dataset:
  """Makes a dataset on the workers of a tf.data service.

  The dispatcher deals out the elements of the dataset's sources one by one
  (dynamic sharding). With `record_order.splittable_records`, one worker reads
  each file in an epoch. With `scene_batches.seeded`, no two batches share their
  draws. The files that a worker was reading when it died are lost for the
  epoch; the other workers read the rest.

  Args:
    dataset: the dataset; the workers must see all files that it reads.
    address: address of the dispatcher, `grpc://host:port`.
    job: name of the job; hosts that use the same name share its elements, and
      each element goes to one host.

  Returns:
    A dataset of the same elements, in the order in which workers finish them.
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
  """Returns a job name that is unique to a name and its details.

  A dispatcher outlives runs, and refuses another dataset with the same name.

  Args:
    name: readable part of the job name.
    *details: values that the dataset depends on, compared by their `repr`.
  """
  digest = hashlib.sha256(repr(details).encode()).hexdigest()
  return f'{name}-{digest[:16]}'
