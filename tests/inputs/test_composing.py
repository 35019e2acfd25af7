import pytest

from copypaste_tf import augment
from copypaste_tf.augment import options
from copypaste_tf.inputs import composing, data_config
from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config


def composition(**fields):
  return composing.composition(data_config.TrainData(**fields))


def test_without_a_composition_each_image_is_an_example():
  assert composition() is None


def test_copy_paste_has_a_short_form():
  short = composition(copy_paste=data_config.CopyPaste(subset='one'))
  named = composition(composition="copy_paste(subset='one')")
  assert short == named == options.CopyPaste(subset='one')


def test_options_are_named_for_their_traits_if_they_are_right():
  for text, expected in (
    ('mixup(alpha=8.0)', augment.Mixup(alpha=8.0)),
    ('mixup(alpha=0.0)', None),
    ('', None),
  ):
    data = data_config.TrainData(composition=text)
    assert composing.named(data) == expected


def test_a_name_alone_has_the_default_options():
  assert composition(composition='copy_paste') == options.CopyPaste()


def test_two_compositions_are_refused():
  fields = {'composition': 'mixup', 'copy_paste': data_config.CopyPaste()}
  with pytest.raises(ValueError, match=r'made in one way.*\n?.*no row of both'):
    composition(**fields)
  assert composing.named(data_config.TrainData(**fields)) is None


@pytest.mark.parametrize(
  'text',
  ['copy_paste(', 'a b', 'copy_paste(1)', 'copy_paste(**{})', 'f(x=open("a"))'],
)
def test_a_malformed_composition_is_refused(text):
  with pytest.raises(ValueError, match='name with options such as'):
    composition(composition=text)


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('mixdown', "no composition 'mixdown'; `name` is one of copy_paste"),
    ('copy_paste(alpha=1)', 'no option alpha'),
    ('copy_paste(probability=2.0)', 'CopyPaste.probability'),
  ],
)
def test_a_check_names_what_a_composition_lacks(text, message):
  lines = ['TrainData.copy_paste = None', f'TrainData.composition = "{text}"']
  params = gin_config.load(['smoke'], lines).params
  problems = config_checks.problems(params, missing_data=True)
  (problem,) = (p for p in problems if p.path.endswith('composition'))
  assert message in problem.message
