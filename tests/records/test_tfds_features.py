import json

from tensorflow_datasets.core.features import top_level_feature

from copypaste_tf.examples import Features
from copypaste_tf.records import tfds_features


def test_every_feature_of_a_record_is_described():
  keys = {v for k, v in vars(Features).items() if not k.startswith('_')}
  described = tfds_features.described()['featuresDict']['features']
  assert keys - {Features.NEG_CATEGORY_IDS_OF_VILD} == described.keys()


def test_it_is_what_tensorflow_datasets_writes_itself(tmp_path):
  path = tmp_path / 'features.json'
  path.write_text(json.dumps(tfds_features.described()))
  features = top_level_feature.TopLevelFeature.from_config(tmp_path)
  path.unlink()
  features.save_config(tmp_path)
  assert json.loads(path.read_text()) == tfds_features.described()
