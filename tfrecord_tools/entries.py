"""Defines the typed entries of a data set, which a loader makes.

A loader reads one format of annotations and returns a `Dataset`. The converter
works on these entries alone, so it needs no change for another format.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from copypaste_tf.records.id_planes import Crop
from tfrecord_tools.faults import Drops, Note, SourceError
from tfrecord_tools.parts import Part

ReadMask = Callable[[tuple[int, int]], Crop]
ReadClassMap = Callable[[tuple[int, int]], 'PixelLabels']


class PixelLabels(NamedTuple):
  """The label of each pixel of an image.

  Attributes:
    ids: `[h, w]` uint8; 0 is the background, 255 has no label, and the others
      are categories or objects.
    notes: repairs that were made.
  """

  ids: np.ndarray
  notes: tuple[Note, ...] = ()


class Category(NamedTuple):
  """A category, with what the format states about it.

  Attributes:
    id: category id, at least 1; 0 is background.
    name: name for people.
    supercategory: name of the group, None if not stated.
    frequency: LVIS's `r`, `c` or `f`, None if not stated.
    synset: WordNet synset such as `apple.n.01`, None if not stated.
    image_count: images of the training set that hold it, None if not stated.
    instance_count: its instances in the training set, None if not stated.
  """

  id: int
  name: str
  supercategory: str | None = None
  frequency: str | None = None
  synset: str | None = None
  image_count: int | None = None
  instance_count: int | None = None

  @property
  def details(self) -> dict[str, Any]:
    """The stated fields other than id and name, by field name."""
    fields = self._asdict()
    del fields['id'], fields['name']
    return {name: value for name, value in fields.items() if value is not None}


class ObjectEntry(NamedTuple):
  """One annotated object, not yet checked against its image.

  Attributes:
    category_id: id of a `Category`.
    box: `(ymin, xmin, ymax, xmax)` in pixels of the annotated image, None to
      take the tight box of the mask.
    read_mask: function from `(height, width)` to the mask in its tight box,
      None without a mask. It raises SourceError if the mask is malformed. It
      must be picklable, such as a `functools.partial` of a module's function.
    area: square pixels, None to count the pixels of the mask.
    crowd: whether the annotation covers a group of objects.
    id: annotation id, None if there is none.
    difficult: Pascal VOC's flag, None if not stated.
    score: confidence of the label in [0, 1], None if not stated.
    notes: repairs that the loader made.
  """

  category_id: int
  box: tuple[float, float, float, float] | None
  read_mask: ReadMask | None
  area: float | None = None
  crowd: bool = False
  id: int | str | None = None
  difficult: bool | None = None
  score: float | None = None
  notes: tuple[Note, ...] = ()


class UnreadableObject(NamedTuple):
  """An annotation that the loader cannot read.

  Attributes:
    id: annotation id, None if there is none.
    fault: the reason. The converter counts it, or stops.
  """

  id: Any
  fault: SourceError


class ImageEntry(NamedTuple):
  """One image with its annotations.

  Attributes:
    id: image id, an integer of 64 bits.
    file_names: possible names within the image folder, the likeliest first; see
      `file_names.resolve`.
    objects: its annotations; see `Lazy`.
    size: annotated height and width in pixels, None if not stated; so is each
      of the two.
    neg_category_ids: categories verified to be absent, None if not stated.
    not_exhaustive_category_ids: categories of which some instances are not
      annotated, None if not stated.
    notes: repairs that the loader made.
    fault: why its file cannot be read, None if it can.
    read_class_map: function from `(height, width)` to the class of each pixel,
      None without a class map. As `ObjectEntry.read_mask`, it must be picklable
      and raises SourceError.
    part: where the image lies within a file of many; None for a file of its
      own in the image folder. The file names then only name it.
  """

  id: int
  file_names: tuple[str, ...]
  objects: Sequence[ObjectEntry | UnreadableObject]
  size: tuple[int | None, int | None] | None = None
  neg_category_ids: Sequence[int] | None = None
  not_exhaustive_category_ids: Sequence[int] | None = None
  notes: tuple[Note, ...] = ()
  fault: SourceError | None = None
  read_class_map: ReadClassMap | None = None
  part: Part | None = None

  @property
  def num_labels(self) -> int:
    """The number of its objects, and 1 for a class map."""
    return len(self.objects) + (self.read_class_map is not None)


class Dataset(NamedTuple):
  """A loaded data set.

  Attributes:
    images: usable images by id.
    categories: categories by id.
    num_images: images of the source, usable or not.
    num_annotations: annotations of the source, usable or not.
    drops: counts of what is not usable.
    sha256: hexadecimal digest of the annotation files. A rerun makes the shards
      again if it differs.
    size: bytes that the loader has read.
    notes: number of repairs by name that concern the whole source.
    renumbered: new ids by old ones, as `{'category_ids': {...}}`, of the ids
      that records cannot hold. The manifest keeps them.
    labelled: False for a source that has no list of annotations at all, such as
      the images of a test set.
    missing: images whose files are missing, by folder; see `missing_images`.
      The converter adds it.
  """

  images: dict[int, ImageEntry]
  categories: dict[int, Category]
  num_images: int
  num_annotations: int
  drops: Drops
  sha256: str
  size: int
  notes: Mapping[str, int] = MappingProxyType({})
  renumbered: Mapping[str, dict[str, int]] = MappingProxyType({})
  labelled: bool = True
  missing: Mapping[str, Any] = MappingProxyType({})


class Lazy(Sequence):
  """A sequence that makes its items on access.

  It saves memory. Only the sources are pickled, so a worker process makes the
  items itself.

  Attributes:
    make: function of a module from a source to an item.
    sources: the arguments of `make`, one per item.
  """

  __slots__ = ('make', 'sources')

  def __init__(self, make: Callable[[Any], Any], sources: Sequence[Any]):
    self.make = make
    self.sources = sources

  def __len__(self) -> int:
    return len(self.sources)

  def __getitem__(self, index: int) -> Any:
    return self.make(self.sources[index])
