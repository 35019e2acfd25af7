"""Sets that cannot share a batch are refused, with what to change."""

import pytest

from copypaste_tf.inputs import set_problems
from copypaste_tf.inputs.data_config import CopyPaste, RecordSet, TrainData


def problems(*sets, size=4, copy_paste=True, **values):
  data = TrainData(
    sets=[*sets], copy_paste=CopyPaste() if copy_paste else None, **values
  )
  return dict(set_problems.problems(data, size))


def half(**values):
  return RecordSet(path='x', share=0.5, **values)


def test_good_sets_have_no_problems():
  assert problems() == problems(RecordSet(path='a')) == {}
  assert problems(half(), half(pasted_from=False)) == {}
  assert problems(half(paste_into=False), half(pasted_from=False), size=2) == {}
  source = RecordSet(path='s', share=0.0)
  assert problems(*[half(pasted_from=False)] * 2, source) == {}


def test_a_path_besides_the_sets_is_refused():
  found = problems(half(), half(), input_path='a', source_input_path='b')
  assert found['input_path'].endswith("set TrainData.input_path = ''")
  assert [*found] == ['input_path', 'source_input_path']


@pytest.mark.parametrize('weight', [-1.0, float('inf'), float('nan')])
def test_a_loss_weight_is_finite_and_not_negative(weight):
  found = problems(half(), half(loss_weight=weight))
  assert [*found] == ['sets.1.loss_weight']
  assert f'got {weight:g}' in found['sets.1.loss_weight']


def test_a_loss_weight_must_weigh_something():
  assert problems(half(), half(loss_weight=0.0)) == {}
  assert [*problems(*[half(loss_weight=0.0)] * 2)] == ['sets']
  alone = problems(RecordSet(path='a', loss_weight=2.0))
  assert [*alone] == ['sets.0.loss_weight']
  source = RecordSet(path='s', share=0.0, loss_weight=2.0)
  assert problems(*[half(pasted_from=False)] * 2, source) == {}


def test_names_of_sets_differ_and_have_plain_letters():
  assert problems(half(name='gold-1.0'), half()) == {}
  assert [*problems(half(name='a b'), half())] == ['sets.0.name']
  assert [*problems(half(name='x'), half(name='x'))] == ['sets.1.name']
  assert [*problems(half(name='1'), half())] == ['sets.1.name']


def test_a_fractional_share_suggests_the_shares_that_fit():
  message = problems(half(), half(), size=3)['sets.0.share']
  expected = 'expected a share of 0, 0.3333, 0.6667, 1'
  assert message == f'0.5 of 3 images is 1.5 images; {expected}'
  assert 'k / 9' in problems(half(), half(), size=9)['sets.1.share']


@pytest.mark.parametrize('share', [-0.5, 1.5, 0.001])
def test_a_share_gives_at_least_an_image_and_at_most_all(share):
  assert 'sets.1.share' in problems(half(), RecordSet(share=share))


def test_the_shares_make_the_whole_batch():
  found = problems(half(), RecordSet(share=0.25))
  assert '0.5 + 0.25, which is 3 of the 4 images' in found['sets']
  assert 'sets' in problems(half(), half(), half())


def test_copy_paste_needs_a_source_set_and_a_target_set():
  takes = problems(*[half(pasted_from=False)] * 2)
  assert 'no set has pasted_from' in takes['sets']
  gives = problems(*[half(paste_into=False)] * 2)
  assert 'no set has paste_into' in gives['sets']
  assert problems(*[half(paste_into=False)] * 2, copy_paste=False) == {}


def test_an_image_cannot_be_pasted_into_itself():
  found = problems(half(pasted_from=False), half(), size=2)
  assert [*found] == ['sets.1.paste_into']
  assert problems(half(), half(), size=2) == {}


def test_a_set_that_is_only_pasted_from_is_the_only_source():
  source, takes = RecordSet(path='s', share=0.0), half(pasted_from=False)
  assert [*problems(takes, half(), source)] == ['sets.1.pasted_from']
  assert [*problems(takes, takes, source, source)] == ['sets.3.share']
  useless = source.replace(pasted_from=False)
  assert [*problems(takes, takes, useless)] == ['sets.2.pasted_from']


def test_repeat_thresholds_are_fractions_of_the_images():
  assert problems(half(repeat_threshold=0.001), half()) == {}
  found = problems(half(), half(repeat_threshold=1.5))
  expected = 'expected a fraction of images in [0, 1], got 1.5'
  assert found == {'sets.1.repeat_threshold': expected}
  data = TrainData(input_path='a', repeat_threshold=-1.0)
  assert [*dict(set_problems.problems(data, 4))] == ['repeat_threshold']
  data = TrainData(input_path='a', source_repeat_threshold=0.1)
  ((field, message),) = set_problems.problems(data, 4)
  assert field == 'source_repeat_threshold'
  assert 'never read without TrainData.source_input_path' in message


def test_the_thresholds_of_sets_are_their_own():
  data = TrainData(sets=[RecordSet(path='a')], repeat_threshold=0.001)
  ((field, message),) = set_problems.problems(data, 4)
  assert field == 'repeat_threshold'
  assert 'set TrainData.repeat_threshold = 0.0' in message


def test_scores_are_limits_of_labels_and_below_them_of_what_is_ignored():
  assert problems(half(min_score=0.5, ignore_score=0.3), half()) == {}
  assert problems(half(min_score=1.0, ignore_score=0.0), half()) == {}
  found = problems(half(min_score=1.5), half(min_score=0.5, ignore_score=0.5))
  assert found['sets.0.min_score'] == 'expected a score in [0, 1], got 1.5'
  assert 'below min_score = 0.5, got 0.5' in found['sets.1.ignore_score']
  assert 'sets.0.ignore_score' in problems(half(ignore_score=0.3), half())


def test_unknown_kinds_of_ignored_objects_are_named():
  data = TrainData(input_path='a', ignore=['crowd', 'scores'])
  ((field, message),) = set_problems.problems(data, 4)
  assert field == 'ignore'
  assert "out of crowd, difficult, got 'scores'; RecordSet.ignore_score" in (
    message
  )
