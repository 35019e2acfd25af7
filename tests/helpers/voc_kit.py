"""Makes small VOCdevkits with images and class maps, and converts them."""

import io
import pathlib

import numpy as np
import voc_folder
from conversions import assert_adds_up
from PIL import Image

from copypaste_tf import records
from copypaste_tf.drawing import class_maps
from tfrecord_tools import dataset_conversion

ENTRY = voc_folder.entry('cat', (11, 9, 40, 30), 0)
SHAPE = (40, 60)


def jpeg(shape=SHAPE):
  """Returns the bytes of a JPEG of a height and a width."""
  stream = io.BytesIO()
  Image.new('RGB', shape[::-1], (90, 120, 60)).save(stream, 'JPEG')
  return stream.getvalue()


class Kit:
  """A VOCdevkit with the set 2012:train, which `add` extends."""

  def __init__(self, path):
    self.path = pathlib.Path(path)
    self.names = []

  def file(self, folder, name):
    """Returns the path of a file of VOC2012 and makes its folder."""
    path = self.path / 'VOC2012' / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path

  def add(self, name='2008_000002', *objects, shape=SHAPE, **annotation):
    """Adds an image; None as the only object leaves out the XML file."""
    self.names.append(name)
    self.file('JPEGImages', f'{name}.jpg').write_bytes(jpeg(shape))
    if objects != (None,):
      annotation = {'filename': f'{name}.jpg', 'size': shape} | annotation
      text = voc_folder.annotation(*objects, **annotation)
      self.file('Annotations', f'{name}.xml').write_text(text)
    return self

  def draw(self, classes, regions=None):
    """Writes the PNGs of the last image, `[h, w]` of ids."""
    for folder, ids in (
      ('SegmentationClass', classes),
      ('SegmentationObject', regions),
    ):
      if ids is not None:
        path = self.file(folder, f'{self.names[-1]}.png')
        path.write_bytes(class_maps.palette_png(np.asarray(ids, np.uint8)))
    return self

  def options(self, **changes):
    """Writes the lists; returns options with these settings of the loader."""
    for kind in ('Main', 'Segmentation'):
      text = ''.join(f'{name}\n' for name in self.names)
      self.file(f'ImageSets/{kind}', 'train.txt').write_text(text)
    fields = dataset_conversion.Options.__dataclass_fields__
    own = {k: changes.pop(k) for k in list(changes) if k in fields}
    settings = {'sets': ['2012:train'], 'task': 'detection'} | changes
    return dataset_conversion.Options(
      **{
        'image_dir': str(self.path),
        'annotations': str(self.path),
        'output_prefix': str(self.path / 'out/data'),
        'num_shards': 1,
        'num_workers': 1,
        'include_masks': settings['task'] == 'instances',
        'overwrite': True,
        'loader_settings': settings,
        **own,
      }
    )

  def convert(self, **changes):
    """Converts with changed options; see `convert_with`."""
    return self.convert_with(self.options(**changes))

  def convert_with(self, options):
    """Returns the manifest and the records by image id."""
    manifest = dataset_conversion.convert(options, loader='voc_folder')
    assert_adds_up(manifest)
    paths = sorted(map(str, (self.path / 'out').glob('*.tfrecord')))
    found = [record for _, _, record in records.read_records(paths)]
    return manifest, {record.source_id: record for record in found}
