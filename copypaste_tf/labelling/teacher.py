"""Runs a detector on serialized records, with bounded memory."""

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
from typing import NamedTuple, TypeVar

import numpy as np
import tensorflow as tf
from official.core import config_definitions as cfg

from copypaste_tf import records
from copypaste_tf.evaluation import outputs
from copypaste_tf.inputs import buffers, decode
from copypaste_tf.inputs.decode import EvalScenes
from copypaste_tf.labelling.labels import Detected
from copypaste_tf.records import Record, streams
from copypaste_tf.serving.inference import Detector

_Item = TypeVar('_Item')
_Result = TypeVar('_Result')


class Fault(NamedTuple):
  """Why no image can be read from a record.

  Attributes:
    reason: short name, by which the manifest counts.
    place: the record and its id.
    detail: the expected and the actual content.
  """

  reason: str
  place: str
  detail: str


class _Read(NamedTuple):
  """A record that was read, and its image on the canvas of the model."""

  record: Record
  scene: EvalScenes


class Teacher:
  """Detects objects in the images of records.

  Records are read and images are decoded by several threads ahead of the model,
  at most two batches. Every batch has the same size: the last one is padded.

  Attributes:
    batch_size: images in a batch.
    pool: threads for work on single images.
    depth: images in flight for the threads.
  """

  def __init__(self, detector: Detector, batch_size: int):
    """Checks the weights, and prepares the model for one size of batches.

    Args:
      detector: a model with masks.
      batch_size: images in a batch.

    Raises:
      ValueError: a weight of the model is not finite.
    """
    _check_finite(detector)
    self._detector = detector
    self.batch_size = batch_size
    self.pool = futures.ThreadPoolExecutor(buffers.cores())
    self.depth = max(2 * batch_size, 2 * buffers.cores())
    self._fit = tf.function(
      self._decode, input_signature=[tf.TensorSpec([], tf.string)]
    )
    self._detect = tf.function(detector.detect)

  def detect(
    self, serialized: Iterable[bytes]
  ) -> Iterator[tuple[Record, Detected] | Fault]:
    """Detects objects in the images of records.

    Args:
      serialized: examples.

    Yields:
      For each example in order, its record with its detections, or why there
      are none.

    Raises:
      ValueError: a detection is not finite, or has no mask.
    """
    reads = ahead(self.pool, self._read, enumerate(serialized), self.depth)
    for chunk in _chunks(reads, self.batch_size):
      scenes = [read.scene for read in chunk if isinstance(read, _Read)]
      found = iter(self._run(scenes) if scenes else ())
      for read in chunk:
        yield (read.record, next(found)) if isinstance(read, _Read) else read

  def each(
    self, path: str, function: Callable[[Record, Detected], _Result]
  ) -> Iterator[_Result | Fault]:
    """Applies a function to the records of a file, with their detections.

    Args:
      path: TFRecord file.
      function: called in the threads of `pool`.

    Yields:
      For each record in order, the result, or why there are no detections.

    Raises:
      ValueError: the file is damaged, or see `detect`.
    """

    def apply(found: tuple[Record, Detected] | Fault) -> _Result | Fault:
      return found if isinstance(found, Fault) else function(*found)

    read = (data for _, _, data in records.read_serialized([path]))
    yield from ahead(self.pool, apply, self.detect(read), self.depth)

  def _read(self, numbered: tuple[int, bytes]) -> _Read | Fault:
    number, serialized = numbered
    place = f'record {number}'
    try:
      record = records.parse(serialized)
    except ValueError as error:
      return Fault('unreadable_record', place, str(error))
    place += f', image {record.source_id}'
    try:
      with tf.device('CPU'):
        scene = self._fit(serialized)
    except tf.errors.InvalidArgumentError as error:
      detail = streams.reason(error).strip().split('\n')[0]
      return Fault('undecodable_image', place, detail)
    size = tuple(scene.original_size.numpy().tolist())
    if size != (record.height, record.width):
      detail = f'says {(record.height, record.width)}, the image is {size}'
      return Fault('image_size_mismatch', place, detail)
    return _Read(record, scene)

  @tf.autograph.experimental.do_not_convert
  def _decode(self, serialized) -> EvalScenes:
    return self._detector.fit(*decode.decode_image(serialized))

  def _run(self, scenes: Sequence[EvalScenes]) -> Iterator[Detected]:
    """Runs the model on at most a batch."""
    padding = [scenes[-1]] * (self.batch_size - len(scenes))
    columns = zip(*scenes, *padding, strict=True)
    batch = EvalScenes(*(tf.stack(column) for column in columns))
    try:
      found = {name: x.numpy() for name, x in self._detect(batch).items()}
    except tf.errors.ResourceExhaustedError as error:
      raise ValueError(
        f'a batch of {self.batch_size} images does not fit into the memory; '
        f'give a smaller --batch_size: {streams.reason(error)}'
      ) from error
    _check(found)
    for i in range(len(scenes)):
      yield Detected(*(found[name][i] for name in Detected._fields))


def load(
  params: cfg.ExperimentConfig, checkpoint: str, batch_size: int
) -> Teacher:
  """Loads the model of a checkpoint.

  Args:
    params: the config of the model.
    checkpoint: path prefix of the checkpoint.
    batch_size: images in a batch.

  Raises:
    ValueError: the checkpoint is damaged, does not fit the model, or has a
      weight that is not finite.
  """
  return Teacher(Detector(params, checkpoint), batch_size)


def ahead(
  pool: futures.Executor,
  function: Callable[[_Item], _Result],
  items: Iterable[_Item],
  depth: int,
) -> Iterator[_Result]:
  """Applies a function in other threads, at most `depth` items ahead.

  Args:
    pool: the threads.
    function: called with each item.
    items: any iterable; it is read in this thread.
    depth: calls that may wait for their turn or for the consumer.

  Yields:
    The results in order.
  """
  pending: collections.deque[futures.Future] = collections.deque()
  for item in items:
    pending.append(pool.submit(function, item))
    if len(pending) >= depth:
      yield pending.popleft().result()
  while pending:
    yield pending.popleft().result()


def _chunks(
  reads: Iterable[_Read | Fault], size: int
) -> Iterator[list[_Read | Fault]]:
  """Yields lists in order, each with `size` readable records, or the rest."""
  chunk: list[_Read | Fault] = []
  readable = 0
  for read in reads:
    chunk.append(read)
    readable += isinstance(read, _Read)
    if readable == size:
      yield chunk
      chunk, readable = [], 0
  if chunk:
    yield chunk


def _check(found: dict[str, np.ndarray]) -> None:
  if 'masks' not in found:
    raise ValueError(
      'the model makes no masks; a student needs labels with masks, so choose '
      'a recipe with model.include_mask'
    )
  present = found['classes'] > 0
  outputs.check_finite(
    found['source_ids'],
    found['boxes'],
    found['scores'],
    present,
    found['masks'],
  )


def _check_finite(detector: Detector) -> None:
  for variable in detector.model.variables:
    if variable.dtype.is_floating and not np.isfinite(variable.numpy()).all():
      raise ValueError(
        f'the weight {variable.name} of the checkpoint is not finite; a score '
        'of NaN would leave every image without a label'
      )
