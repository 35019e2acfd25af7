"""Prepares small data sets by the code of TensorFlow Datasets itself."""

import json
import pathlib

import numpy as np
import tensorflow_datasets as tfds
from tensorflow_datasets.core import registered
from tensorflow_datasets.datasets.lvis import lvis_dataset_builder
from tensorflow_datasets.object_detection import coco as coco_builder
from tensorflow_datasets.object_detection import voc as voc_builder

# The catalogue has these names already.
with registered.skip_registration():

  class Voc(voc_builder.Voc):
    """voc with the files of a folder in place of a download."""

    url_infos = {}
    folder = ''

    def _split_generators(self, dl_manager):
      del dl_manager
      knobs = {'data_path': self.folder}
      return [
        tfds.core.SplitGenerator(name, gen_kwargs={**knobs, 'set_name': part})
        for name, part in (('train', 'train'), ('validation', 'val'))
      ]

  class Coco(coco_builder.Coco):
    """coco with the files of a folder in place of a download."""

    url_infos = {}
    folder = ''

    def _split_generators(self, dl_manager):
      del dl_manager
      knobs = {
        'image_dir': self.folder,
        'annotation_dir': self.folder,
        'split_name': 'train2017',
        'annotation_type': 'bboxes',
        'panoptic_dir': None,
      }
      return [tfds.core.SplitGenerator('train', gen_kwargs=knobs)]

  class Lvis(tfds.core.GeneratorBasedBuilder):
    """lvis with the files of a folder, and without Apache Beam."""

    VERSION = lvis_dataset_builder.Builder.VERSION
    url_infos = {}
    folder = ''

    def _info(self):
      names = lvis_dataset_builder.tfds.core.tfds_path(
        'datasets/lvis/classes.txt'
      )
      label = tfds.features.ClassLabel(names_file=names)
      features = {
        'image': tfds.features.Image(encoding_format='jpeg'),
        'image/id': tfds.features.Scalar(np.int64),
        'neg_category_ids': tfds.features.Sequence(label),
        'not_exhaustive_category_ids': tfds.features.Sequence(label),
        'objects': tfds.features.Sequence(
          {
            'id': tfds.features.Scalar(np.int64),
            'area': tfds.features.Scalar(np.int64),
            'bbox': tfds.features.BBoxFeature(),
            'label': label,
            'segmentation': tfds.features.Image(shape=(None, None, 1)),
          }
        ),
      }
      return tfds.core.DatasetInfo(
        builder=self, features=tfds.features.FeaturesDict(features)
      )

    def _split_generators(self, dl_manager):
      del dl_manager
      return {'train': self._generate_examples(pathlib.Path(self.folder))}

    def _generate_examples(self, folder):
      file = lvis_dataset_builder.LvisAnnotation(folder / 'instances.json')
      for image in file.images:
        yield image['id'], self._example(folder, image, file)

    def _example(self, folder, image, file):
      lists = ('neg_category_ids', 'not_exhaustive_category_ids')
      return {
        'image': folder / 'images' / image['file_name'],
        'image/id': image['id'],
        **{key: [number - 1 for number in image[key]] for key in lists},
        'objects': [
          {
            'id': item['id'],
            'area': item['area'],
            'bbox': lvis_dataset_builder._build_bbox(image, *item['bbox']),
            'label': item['category_id'] - 1,
            'segmentation': lvis_dataset_builder._build_segmentation_mask(
              image, item['segmentation']
            ),
          }
          for item in file.get_annotations(image['id'])
        ],
      }


def voc(tfds_dir, devkit, year='2007'):
  """Prepares `voc/YEAR` from the folder that holds a `VOCdevkit`."""
  _prepare(Voc, devkit, tfds_dir, config=year)


def coco(tfds_dir, folder):
  """Prepares `coco/2017` of a `CocoFolder`."""
  data = json.loads(folder.write().read_text())
  annotations = folder.path / 'annotations'
  annotations.mkdir()
  text = json.dumps(data)
  (annotations / 'instances_train2017.json').write_text(text)
  (folder.path / 'images').rename(folder.path / 'train2017')
  (folder.path / 'images').symlink_to('train2017')
  _prepare(Coco, folder.path, tfds_dir, config='2017')


def lvis(tfds_dir, folder):
  """Prepares `lvis` of a `CocoFolder`."""
  folder.write()
  _prepare(Lvis, folder.path, tfds_dir)


def _prepare(builder, folder, tfds_dir, **knobs):
  made = builder(data_dir=str(tfds_dir), **knobs)
  made.folder = str(folder)
  made.download_and_prepare()
