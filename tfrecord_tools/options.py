"""Declares and checks the settings of a conversion."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from tfrecord_tools import faults, storage


@dataclasses.dataclass(frozen=True)
class Options:
  """The settings of a conversion.

  Attributes:
    image_dir: folder of the images.
    annotations: file or folder of the annotations.
    output_prefix: path and beginning of the names of the written files.
    num_shards: files to write, at least 1.
    num_workers: processes, at least 1; None is one per available core.
    beam_args: flags of Apache Beam, which then writes the shards; None writes
      them in processes of this machine.
    include_masks: whether records carry masks.
    mask_pngs: whether they carry a PNG of each mask beside the id planes.
    fraction: fraction of the images to convert, above 0 and at most 1.
    seed: seed of the order of the images and of the fraction.
    on_error: `skip` or `fail`.
    overwrite: whether to delete files that were made with other flags.
    split: parts to make of the images, such as `('train:0.75', 'val:0.25')`;
      empty makes one.
    first_category_id: id that the smallest category id becomes, with the others
      moved alike; None keeps the ids.
    allow_outside_image_dir: whether file names may lead out of `image_dir`.
    id_offset: number to add to each image id, at least 0.
    images: globs within a folder of images, for a loader that takes them; empty
      takes all.
    drop_repeated: whether to leave out annotations that show an object again.
    loader_settings: arguments of the loader that only its format has.
  """

  image_dir: str
  annotations: str
  output_prefix: str
  num_shards: int = 32
  num_workers: int | None = None
  beam_args: str | None = None
  include_masks: bool = True
  mask_pngs: bool = True
  fraction: float = 1.0
  seed: int = 0
  on_error: str = 'skip'
  overwrite: bool = False
  first_category_id: int | None = None
  split: Sequence[str] = ()
  allow_outside_image_dir: bool = False
  id_offset: int = 0
  images: Sequence[str] = ()
  drop_repeated: bool = False
  loader_settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def check(options: Options) -> None:
  """Refuses settings that are out of range, and sources that do not exist.

  Args:
    options: the settings.

  Raises:
    FileNotFoundError: there is no such folder or annotation file.
    ValueError: a setting is out of range.
  """
  if options.num_shards < 1 or options.num_shards > 99_999:
    got = options.num_shards
    raise ValueError(f'num_shards must be 1 to 99999, got {got}.')
  if options.num_workers is not None and options.num_workers < 1:
    got = options.num_workers
    raise ValueError(f'num_workers must be at least 1, got {got}.')
  first = options.first_category_id
  if first is not None and first < 1:
    raise ValueError(f'first_category_id must be at least 1, got {first}.')
  if options.id_offset < 0:
    raise ValueError(f'id_offset must be at least 0, got {options.id_offset}.')
  if options.on_error not in faults.ON_ERROR:
    raise ValueError(
      f'on_error must be one of {faults.ON_ERROR}, got {options.on_error!r}.'
    )
  if not storage.is_folder(options.image_dir):
    raise FileNotFoundError(f'--image_dir={options.image_dir}: no such folder.')
  if not storage.exists(options.annotations):
    raise FileNotFoundError(
      f'--annotations={options.annotations}: no such file.'
    )
