import pytest

from copypaste_tf.augmented.coco_form import CocoForm
from copypaste_tf.augmented.form import Form
from copypaste_tf.augmented.record_form import RecordForm


def test_a_form_has_to_say_how_parts_are_joined():
  class Unfinished(Form):
    final = 'x'

    def write(self, part, items):
      return {}

  with pytest.raises(TypeError, match='join'):
    Unfinished(None)
  assert {CocoForm, RecordForm} <= {*Form.__subclasses__()}
