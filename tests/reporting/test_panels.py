import numpy as np
import pytest
from pasted_example import SIZE, rectangle

from copypaste_tf import examples
from copypaste_tf.examples import Regions
from copypaste_tf.reporting import panels

NAMES = {1: 'cat', 2: 'dog'}


def has(panel, mask, color):
  """Whether the outline of a mask has a colour, looking at its lower edge."""
  times = panel.shape[0] // SIZE[0]
  rows = np.nonzero(mask.any(1))[0]
  columns = np.nonzero(mask.any(0))[0]
  line = panel[(rows[-1] + 1) * times - 1]
  line = line[columns[0] * times : (columns[-1] + 1) * times]
  return (line == color).all(1).mean() > 0.5


def test_panels_are_enlarged_alike(example):
  drawn = panels.draw(example, NAMES)
  assert list(drawn) == ['target', 'source', 'alpha', 'result']
  assert {p.shape for p in drawn.values()} == {(240, 360, 3)}
  assert {p.dtype for p in drawn.values()} == {np.dtype(np.uint8)}


def test_target_shows_what_happened_to_each_object(example):
  drawn = panels.draw(example, NAMES)['target']
  masks = [example.target.planes[k] == 7 for k in range(3)]
  assert has(drawn, masks[0], panels.KEPT)
  assert has(drawn, masks[1], panels.REMOVED)
  assert has(drawn, masks[2], panels.TOUCHED)


def test_source_shows_what_is_pasted(example):
  drawn = panels.draw(example, NAMES)['source']
  assert has(drawn, example.source.planes[0] == 7, panels.IDLE)
  assert has(drawn, example.source.planes[1] == 7, panels.PASTED)


def test_result_shows_the_visible_labels(example):
  drawn = panels.draw(example, NAMES)['result']
  visible = rectangle(2, 40, 20, 56) & ~example.result.alpha
  assert has(drawn, rectangle(30, 2, 38, 12), panels.KEPT)
  assert has(drawn, visible & rectangle(12, 40, 20, 56), panels.TOUCHED)
  assert has(drawn, example.result.alpha, panels.PASTED)
  assert not (drawn == panels.REMOVED).all(2).any()
  # The touched object does not reach under the pasted one.
  inside = drawn[8 * 6, 42 * 6 : 46 * 6]
  expected = np.round(0.55 * 200 + 0.45 * np.array(panels.PASTED))
  assert (inside == expected).all()


def test_alpha_is_white_and_the_rest_dark(example):
  drawn = panels.draw(example, NAMES)['alpha']
  white = (drawn == 255).all(2)
  np.testing.assert_array_equal(white[3::6, 3::6], example.result.alpha)
  assert drawn[~white].max() == 15


def test_removed_are_the_labels_that_are_gone(example):
  assert panels.removed(example).tolist() == [False, True, False]


def test_an_address_of_the_source_is_not_one_of_the_target(example):
  """Target and source number their objects alike."""
  result = example.result._replace(ids=np.array([7, 2 * 256 + 7, 7]))
  source = example.source._replace(ids=np.array([256 + 7, 7, 0]))
  changed = panels.Example(example.target, source, result)
  assert panels.removed(changed).tolist() == [False, True, False]
  drawn = panels.draw(changed, NAMES)
  assert has(drawn['target'], rectangle(30, 2, 38, 12), panels.KEPT)


def test_padding_is_not_drawn(example):
  target = example.target._replace(classes=np.array([1, 0, 1]))
  changed = example._replace(target=target)
  assert not panels.removed(changed).any()
  drawn = panels.draw(changed, NAMES)['target']
  assert not (drawn == panels.REMOVED).all(2).any()


def test_without_copy_paste_there_are_two_panels(example):
  plain = example._replace(source=None)
  assert list(panels.draw(plain, {})) == ['target', 'result']
  assert panels.caption(plain) == 'image 11: 3 labels'


def test_caption_tells_the_counts(example):
  assert panels.caption(example) == (
    'image 11 from 22: 1 of 2 pasted, 1 touched, 1 removed, 1 boxes shrunk, '
    '3 labels'
  )
  statistics = example.result.statistics | {
    'objects_not_pasted': 4.0,
    'instances_clipped': 5.0,
  }
  result = example.result._replace(statistics=statistics)
  caption = panels.caption(example._replace(result=result))
  assert caption.endswith('3 labels, 4 not pasted, 5 clipped')


def test_large_images_keep_their_size(example, monkeypatch):
  monkeypatch.setattr(panels, 'MIN_SIDE', 59)
  drawn = panels.draw(example, NAMES)
  assert drawn['alpha'].shape == (*SIZE, 3)


def test_ignored_regions_are_outlined_and_counted(example):
  regions = Regions(
    np.array([[2, 3, 12, 20], [0, 0, 0, 0]], np.float32), np.zeros(2, bool)
  )
  result = example.result._replace(regions=regions)
  ignoring = example._replace(result=result)
  drawn = panels.draw(ignoring, NAMES)['result']
  outlined = (drawn == panels.IGNORED).all(2)
  assert outlined[2 * 6, 3 * 6 + 9 : 20 * 6 - 9].all()
  assert (
    not (panels.draw(example, NAMES)['result'] == panels.IGNORED).all(2).any()
  )
  assert panels.caption(ignoring) == f'{panels.caption(example)}, 1 ignored'


@pytest.fixture
def mixed(example):
  """The example, as if both images were mixed with all their objects."""
  target, source = example.target, example.source
  ids = np.concatenate([target.ids, source.ids + 3 * 256])
  result = example.result._replace(
    planes=np.concatenate([target.planes, source.planes]),
    owners=np.full(SIZE, examples.TARGET | examples.SOURCE),
    ids=ids,
    classes=np.array([1, 1, 1, 1, 2, 0]),
    boxes=np.concatenate([target.boxes, source.boxes]),
    pasted=np.arange(6) > 2,
    touched=np.zeros(6, bool),
    statistics=example.result.statistics
    | {'mixup/images_mixed': 1.0, 'mixup/target_share': 0.3712},
  )
  return example._replace(result=result)


def test_objects_of_a_mixed_source_are_found_by_their_planes(mixed):
  drawn = panels.draw(mixed, NAMES)
  source = mixed.source.planes == 7
  assert has(drawn['source'], source[0], panels.PASTED)
  assert has(drawn['source'], source[1], panels.PASTED)
  assert has(drawn['source'], source[2], panels.IDLE)
  assert not panels.removed(mixed).any()
  assert has(drawn['result'], source[1], panels.PASTED)


def test_pixels_of_both_images_are_grey(mixed):
  drawn = panels.draw(mixed, NAMES)['alpha'][3::6, 3::6]
  np.testing.assert_array_equal(drawn, mixed.result.image // 4 + 64)


def test_a_caption_tells_the_statistics_of_another_composition(mixed):
  assert panels.caption(mixed) == (
    'image 11 with 22: images mixed 1, target share 0.37, 5 labels'
  )
