"""Makes records of the three real images of Pascal VOC with class maps."""

import numpy as np
from PIL import Image

from copypaste_tf import records
from copypaste_tf.records.record import Record

IDS = ('2011_000003', '2011_000006', '2011_000025')


def record(folder, name):
  """Returns the record of an image; `folder` has VOC's folders."""
  data = (folder / f'JPEGImages/{name}.jpg').read_bytes()
  with Image.open(folder / f'SegmentationClass/{name}.png') as image:
    assert image.mode == 'P'
    class_map = np.array(image)
  height, width = class_map.shape
  none = np.zeros([0])
  return Record(
    image_bytes=data,
    image_format='jpeg',
    height=height,
    width=width,
    filename=f'{name}.jpg',
    source_id=int(name.replace('_', '')),
    boxes=np.zeros([0, 4], np.float32),
    classes=none.astype(np.int32),
    class_names=[],
    areas=none.astype(np.float32),
    crowd=none.astype(bool),
    annotation_ids=none.astype(np.int64),
    planes=np.zeros([0, height, width], np.uint8),
    ids=none.astype(np.int32),
    has_masks=False,
    class_map=class_map,
  )


def serialized(folder):
  """Returns the serialized records of all images."""
  return [records.serialize(record(folder, name)) for name in IDS]
