"""Describes the features of records in the form of TensorFlow Datasets.

A record lacks the features that its data set does not state, and has no object
features without objects. All but those of the image itself are sequences, so
that they are empty then.
"""

from typing import Any

from copypaste_tf.examples import Features
from copypaste_tf.records.fields import BOX_KEYS

_PACKAGE = 'tensorflow_datasets.core.features'
_RGB, _GREY = 3, 1


def described() -> dict[str, Any]:
  """Returns a `FeaturesDict`, as its JSON has it."""
  return _feature(
    'features_dict.FeaturesDict', featuresDict={'features': _features()}
  )


def _features() -> dict[str, Any]:
  int64, float32 = _scalar('int64'), _scalar('float32')
  scalars = {
    **dict.fromkeys(
      (Features.FORMAT, Features.FILENAME, Features.SOURCE_ID, Features.SHA256),
      _text(),
    ),
    **dict.fromkeys((Features.HEIGHT, Features.WIDTH, Features.SCHEMA), int64),
    Features.IMAGE: _image(_RGB),
  }
  elements = {
    **dict.fromkeys((*BOX_KEYS, Features.AREA, Features.SCORE), float32),
    **dict.fromkeys(
      (
        Features.CLASS,
        Features.CROWD,
        Features.ANNOTATION_ID,
        Features.IDS,
        Features.DIFFICULT,
        Features.PSEUDO,
        Features.NEG_CATEGORY_IDS,
        Features.NOT_EXHAUSTIVE_CATEGORY_IDS,
      ),
      int64,
    ),
    **dict.fromkeys((Features.CLASS_NAME, Features.CLASS_MAP_FORMAT), _text()),
    **dict.fromkeys(
      (Features.MASK, Features.PLANES, Features.CLASS_MAP), _image(_GREY)
    ),
  }
  return scalars | {key: _sequence(one) for key, one in elements.items()}


def _feature(name: str, **content: Any) -> dict[str, Any]:
  return {'pythonClassName': f'{_PACKAGE}.{name}', **content}


def _text() -> dict[str, Any]:
  return _feature('text_feature.Text', text={})


def _scalar(dtype: str) -> dict[str, Any]:
  tensor = {'shape': {}, 'dtype': dtype, 'encoding': 'none'}
  return _feature('scalar.Scalar', tensor=tensor)


def _image(channels: int) -> dict[str, Any]:
  """Describes a JPEG or PNG of any size; masks and planes are PNGs."""
  image = {
    'shape': {'dimensions': ['-1', '-1', str(channels)]},
    'dtype': 'uint8',
    **({'encodingFormat': 'png'} if channels == _GREY else {}),
  }
  return _feature('image_feature.Image', image=image)


def _sequence(element: dict[str, Any]) -> dict[str, Any]:
  content = {'feature': element, 'length': '-1'}
  return _feature('sequence_feature.Sequence', sequence=content)
