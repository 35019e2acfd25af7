"""Sets that have ids in common are told by their summaries."""

import json

from copypaste_tf.records import image_ids


def summary(numbers, prefix=''):
  return image_ids.summary({n: f'{prefix}{n}.jpg' for n in numbers})


def test_a_small_set_is_summarised_whole():
  assert image_ids.summary({7: 'a.jpg', -3: 'b.jpg'}) == {
    'smallest': -3,
    'largest': 7,
    'sample': {'-3': 'b.jpg', '7': 'a.jpg'},
  }
  assert image_ids.summary({}) == {'sample': {}}


def test_shared_ids_come_with_both_names():
  one, other = summary([1, 2, 3]), summary([3, 4, 2], 'x')
  assert image_ids.shared(one, other) == {
    2: ('2.jpg', 'x2.jpg'),
    3: ('3.jpg', 'x3.jpg'),
  }
  assert image_ids.shared(one, summary([4])) == {}
  assert image_ids.shared(one, image_ids.summary({})) == {}


def test_records_made_of_others_have_the_ids_of_their_manifests(tmp_path):
  paths = []
  for name, content in (
    ('a', {image_ids.KEY: summary(range(2000))}),
    ('b', {image_ids.KEY: summary([5000])}),
    ('c', {}),
    ('d', {image_ids.KEY: image_ids.summary({})}),
  ):
    (tmp_path / f'{name}-manifest.json').write_text(json.dumps(content))
    paths.append(f'{tmp_path}/{name}-00000-of-00001.tfrecord')
  both = image_ids.stated(paths[:2])[image_ids.KEY]
  assert both == summary([*range(2000), 5000])
  assert image_ids.stated(paths[:1]) == {image_ids.KEY: summary(range(2000))}
  for unknown in ([], paths[:3], paths[3:], ['x.tfrecord']):
    assert image_ids.stated(unknown) == {}


def test_large_sets_in_the_same_range_clash_only_if_they_share_ids():
  even, odd = summary(range(0, 40_000, 2)), summary(range(1, 40_000, 2))
  assert len(even['sample']) == 1024
  assert image_ids.shared(even, odd) == {}
  some = summary([*range(1, 40_000, 2), *range(0, 400, 2)])
  shared = image_ids.shared(even, some)
  assert 0 < len(shared) < 40
  assert all(number < 400 and number % 2 == 0 for number in shared)
