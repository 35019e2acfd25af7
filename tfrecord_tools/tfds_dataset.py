"""Loads data sets that TensorFlow Datasets has prepared: voc, coco and lvis.

The images are not copied out. Their entries say where in the prepared files
they lie, and the converter stores these very bytes.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import tqdm

from copypaste_tf import garbage
from copypaste_tf.records import files
from tfrecord_tools import storage, tfds_folder, tfds_objects
from tfrecord_tools.entries import Dataset, ImageEntry
from tfrecord_tools.faults import Drops
from tfrecord_tools.tfds_folder import Shard, Split
from tfrecord_tools.tfds_objects import Example

# Bytes of a TFRecord around the content: length and its checksum before,
# checksum of the content after.
_HEAD, _FOOT = 12, 4


def load(
  path: str, *, stop: bool, sets: Sequence[str], include_masks: bool = False
) -> Dataset:
  """Loads splits of prepared data sets.

  Args:
    path: folder of the data sets, such as `~/tensorflow_datasets`.
    stop: whether the first fault raises instead of being counted.
    sets: such as `voc/2007:train+validation`; without a split, all splits.
    include_masks: whether masks are wanted.

  Returns:
    The data set. Two sets share their categories. Boxes are those of the source
    to a thousandth of a pixel.

  Raises:
    FileNotFoundError: a data set is not prepared, or a file is missing.
    ValueError: a data set is another one, it has no masks but they are wanted,
      the sets do not fit together, only some of the splits have objects, or a
      file is damaged.
  """
  splits = tfds_folder.splits(path, sets)
  for split in splits:
    _require_known(split, include_masks)
    _require_same_classes(split, splits[0])
  known = tfds_objects.categories(splits[0].dataset, splits[0].classes)
  with garbage.paused():
    images, digest = _images(splits, [*known])
  return Dataset(
    images=images,
    categories=known,
    num_images=len(images),
    num_annotations=sum(len(entry.objects) for entry in images.values()),
    drops=Drops(stop=stop),
    sha256=digest,
    size=sum(
      storage.size(shard.path) for split in splits for shard in split.shards
    ),
    labelled=any(len(entry.objects) for entry in images.values()),
  )


def _require_known(split: Split, include_masks: bool) -> None:
  if split.dataset not in tfds_objects.DATASETS:
    raise ValueError(
      f'--tfds={split.name}: expected one of '
      f'{", ".join(tfds_objects.DATASETS)}, got {split.dataset}.'
    )
  if include_masks and split.dataset not in tfds_objects.WITH_MASKS:
    raise ValueError(
      f'--tfds={split.name}: TensorFlow Datasets keeps no masks of '
      f'{split.dataset}. Convert the boxes alone with --include_masks=false, '
      f'or the files of {split.dataset} itself.'
    )


def _require_same_classes(split: Split, first: Split) -> None:
  if (split.dataset, split.classes) != (first.dataset, first.classes):
    raise ValueError(
      f'--tfds: {first.name} and {split.name} have other classes; convert them '
      'one by one.'
    )


def _images(
  splits: Sequence[Split], numbers: Sequence[int]
) -> tuple[dict[int, ImageEntry], str]:
  """Reads all examples; returns their entries by id, and a digest of them."""
  digest = hashlib.sha256()
  images: dict[int, ImageEntry] = {}
  num_objects = {split.name: 0 for split in splits}
  total = sum(s.num_examples for split in splits for s in split.shards)
  with tqdm.tqdm(total=total, unit='image', desc='read') as bar:
    for split in splits:
      for example in _examples(split):
        digest.update(example.content)
        found = tfds_objects.entry(example, numbers)
        other = images.setdefault(found.id, found)
        if other is not found:
          raise ValueError(
            f'{example.place}: {found.file_names[0]} and '
            f'{other.file_names[0]} of {other.part} are both the image '
            f'{found.id}; name splits that have no image in common.'
          )
        num_objects[split.name] += len(found.objects)
        bar.update()
  _require_labels(num_objects)
  return images, digest.hexdigest()


def _require_labels(num_objects: Mapping[str, int]) -> None:
  """Refuses splits without an object beside others that have some.

  The test sets of voc/2012 and of coco have images only. Together with labelled
  ones, they would teach that what they show is background.
  """
  empty = [name for name, count in num_objects.items() if not count]
  if empty and len(empty) < len(num_objects):
    raise ValueError(
      f'--tfds: no image of {", ".join(empty)} has an object, those of '
      f'{", ".join(k for k in num_objects if k not in empty)} have; convert '
      'splits without labels on their own.'
    )


def _examples(split: Split) -> Iterator[Example]:
  for shard in split.shards:
    end = count = 0
    for path, index, content in files.read_serialized([shard.path]):
      place = f'{path}: record {index}'
      offset = end + _HEAD
      yield Example(split.dataset, place, path, offset, content)
      end = offset + len(content) + _FOOT
      count += 1
    _require_whole(shard, count, end)


def _require_whole(shard: Shard, count: int, end: int) -> None:
  if count != shard.num_examples:
    raise ValueError(
      f'{shard.path}: expected {shard.num_examples} examples by '
      f'dataset_info.json, got {count}; prepare the data set again.'
    )
  if end != storage.size(shard.path):
    raise ValueError(
      f'{shard.path}: expected a plain TFRecord file, got a compressed one.'
    )
