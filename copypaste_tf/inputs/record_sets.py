"""Resolves a config to the list of record sets that it reads.

The number of a set is its position in this list.
"""

from copypaste_tf.inputs.data_config import RecordSet, TrainData


def resolve(data: TrainData) -> list[RecordSet]:
  """Returns the record sets of a config; the short form becomes one or two."""
  if data.sets:
    return list(data.sets)
  targets = RecordSet(
    path=data.input_path, repeat_threshold=data.repeat_threshold
  )
  if not data.source_input_path:
    return [targets]
  threshold = data.source_repeat_threshold
  sources = RecordSet(
    path=data.source_input_path,
    share=0.0,
    paste_into=False,
    repeat_threshold=data.repeat_threshold if threshold is None else threshold,
  )
  return [targets.replace(pasted_from=False), sources]


def paths(data: TrainData) -> dict[str, str]:
  """Returns the path of each set by its field, such as `sets.0.path`."""
  if data.sets:
    return {
      f'sets.{k}.path': record_set.path
      for k, record_set in enumerate(data.sets)
    }
  fields = ('input_path', 'source_input_path')
  return {
    field: record_set.path
    for field, record_set in zip(fields, resolve(data), strict=False)
  }


def patterns(data: TrainData) -> str:
  """Returns the paths of all sets, separated by commas."""
  return ','.join(filter(None, paths(data).values()))


def names(data: TrainData) -> list[str]:
  """Returns the name of each set, by default its number."""
  return [
    record_set.name or str(number)
    for number, record_set in enumerate(resolve(data))
  ]


def are_told_apart(data: TrainData) -> bool:
  """Returns True if a batch must tell the set of each of its images.

  That is so if several sets are trained on, or weigh differently. Else nothing
  is carried through the batch, and the step computes nothing for it.
  """
  trained, sources = divided(data)
  loss_weights = {record_set.loss_weight for record_set in (*trained, *sources)}
  return len(trained) > 1 or len(loss_weights) > 1


def loss_weights(data: TrainData) -> list[float]:
  """Returns the weight of each set's losses.

  Those of the images of a batch have the mean 1, so the learning rate keeps its
  meaning: the weights of the config are divided by their mean over the shares.
  """
  sets = resolve(data)
  mean = sum(record_set.share * record_set.loss_weight for record_set in sets)
  return [record_set.loss_weight / mean for record_set in sets]


def with_path(data: TrainData, path: str) -> TrainData:
  """Returns a config of the same form whose sets all read one path."""
  return data.replace(
    input_path='' if data.sets else path,
    source_input_path=path if data.source_input_path else '',
    sets=[record_set.replace(path=path) for record_set in data.sets],
  )


def divided(data) -> tuple[list[RecordSet], list[RecordSet]]:
  """Returns the sets to train on, and those that are only pasted from."""
  trained, sources = [], []
  for record_set in resolve(data):
    (trained if record_set.share else sources).append(record_set)
  return trained, sources
