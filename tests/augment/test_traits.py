from copypaste_tf import augment
from copypaste_tf.augment import traits


def test_copy_paste_has_the_traits_of_options_that_tell_none():
  for options in (augment.CopyPaste(), None):
    assert not traits.shows_sources(options)
    assert traits.needs_masks(options)
    assert not traits.weighs_labels(options)
    assert traits.statistics(options) == ()


def test_mixup_shows_sources_and_weighs_labels_if_asked_to():
  options = augment.Mixup()
  assert traits.shows_sources(options) and not traits.needs_masks(options)
  assert not traits.weighs_labels(options)
  assert traits.weighs_labels(augment.Mixup(loss_weights=True))
  assert all(name.startswith('mixup/') for name in traits.statistics(options))
