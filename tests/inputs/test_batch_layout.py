"""Every group has the same number of images of each set, in the same place."""

import pytest

from copypaste_tf.inputs import batch_layout
from copypaste_tf.inputs.batch_layout import Stream
from copypaste_tf.inputs.data_config import CopyPaste, RecordSet, TrainData


def config(*sets, **values):
  values.setdefault('copy_paste', CopyPaste())
  return TrainData(sets=[*sets], **values)


def half(path, **values):
  return RecordSet(path=path, share=0.5, **values)


def test_the_short_form_keeps_its_seeds():
  data = TrainData(input_path='a', seed=7, copy_paste=CopyPaste())
  layout = batch_layout.layout(data, 4)
  assert layout == ([Stream('a', 7, 4)], None, [0, 1, 2, 3], [0, 1, 2, 3])
  data.source_input_path = 'b'
  layout = batch_layout.layout(data, 4)
  assert layout.streams == [Stream('a', 7, 4)]
  assert layout.sources == Stream('b', 8, 4, number=1)
  assert (layout.takers, layout.givers) == ([0, 1, 2, 3], [])


def test_sets_divide_a_group_and_have_seeds_of_their_own():
  data = config(half('a'), half('b', pasted_from=False), seed=7)
  layout = batch_layout.layout(data, 6)
  assert layout.streams == [Stream('a', 7, 3), Stream('b', 1007, 3, number=1)]
  assert layout.group_size == 6
  assert (layout.takers, layout.givers) == ([*range(6)], [0, 1, 2])


def test_shares_such_as_a_third_need_few_digits():
  data = config(
    RecordSet(path='a', share=0.333), RecordSet(path='b', share=0.667)
  )
  counts = [s.count for s in batch_layout.layout(data, 12).streams]
  assert counts == [4, 8]


def test_a_set_without_a_share_is_one_of_sources():
  data = config(
    half('a', pasted_from=False),
    half('b', pasted_from=False, paste_into=False),
    RecordSet(path='c', share=0.0),
  )
  layout = batch_layout.layout(data, 4)
  assert layout.sources == Stream('c', 2000, 4, number=2)
  assert (layout.takers, layout.givers) == ([0, 1], [])
  data.copy_paste = None
  assert batch_layout.layout(data, 4).sources is None


def test_what_does_not_fit_is_an_error_that_names_the_field():
  data = config(half('a'), half('b'))
  with pytest.raises(ValueError, match=r'^TrainData\.sets\.0\.share: .* 3 '):
    batch_layout.layout(data, 3)


@pytest.mark.parametrize(
  ('batch_size', 'replicas', 'size'), [(8, 1, 8), (1, 4, 4), (1, 1, 2)]
)
def test_single_images_are_shared_and_paired_over_replicas(
  batch_size, replicas, size
):
  one = TrainData(input_path='a', copy_paste=CopyPaste())
  two = config(half('a'), half('b'), copy_paste=None)
  for data in (one, two):
    assert batch_layout.group_size(data, batch_size, replicas) == size


def test_single_images_that_need_no_other_stay_single():
  off = TrainData(input_path='a')
  sources = TrainData(
    input_path='a', source_input_path='b', copy_paste=CopyPaste()
  )
  for data in (off, sources):
    assert batch_layout.group_size(data, 1, 4) == 1


def test_a_small_batch_still_holds_every_set():
  data = config(RecordSet(path='a', share=0.8), RecordSet(path='b', share=0.2))
  data.global_batch_size = 80
  assert batch_layout.with_batch_size(data, 4).global_batch_size == 5
  assert batch_layout.with_batch_size(data, 6).global_batch_size == 10
  short = TrainData(input_path='a', global_batch_size=2)
  assert batch_layout.with_batch_size(short, 4).global_batch_size == 4
