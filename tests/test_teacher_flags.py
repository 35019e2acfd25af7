import json
import types

import pytest
import serialized
import verbs
from absl import app, flags

from copypaste_tf import pseudo_label, teacher_flags
from copypaste_tf.labelling.gates import LabelCounts
from copypaste_tf.labelling.thresholds import Thresholds


@pytest.fixture
def parse():
  """Parses the flags of the verb, which are there until the test ends."""
  with verbs._own_flags():
    pseudo_label._define_flags()
    yield lambda *given: flags.FLAGS(['verb', '--input=x', *given])


def test_labels_are_stored_from_0_05_on_unless_a_flag_says_otherwise(parse):
  parse()
  assert teacher_flags.stored_thresholds() == Thresholds(0.05)
  parse('--min_score=0')
  assert teacher_flags.stored_thresholds() == Thresholds(0.0)


def test_a_file_gives_thresholds_by_class(parse, tmp_path):
  path = tmp_path / 'thresholds.json'
  path.write_text(json.dumps({'default': 0.4, 'classes': {'2': 0.3}}))
  parse(f'--thresholds={path}')
  assert teacher_flags.stored_thresholds() == Thresholds(0.4, {2: 0.3})
  parse('--min_score=0.1')
  with pytest.raises(app.UsageError, match='--min_score or --thresholds'):
    teacher_flags.stored_thresholds()


def test_input_files_must_exist(parse, tmp_path):
  parse(f'--input={tmp_path}/a*')
  with pytest.raises(FileNotFoundError, match='--input: no file matches'):
    teacher_flags.input_files()
  path = serialized.write(tmp_path / 'a1', [])
  assert teacher_flags.input_files() == [path]
  parse('--input=')
  with pytest.raises(app.UsageError, match='--input is empty'):
    teacher_flags.input_files()


def params(**model):
  generator = types.SimpleNamespace(pre_nms_score_threshold=0.05)
  values = {'include_mask': True, 'detection_generator': generator} | model
  task = types.SimpleNamespace(model=types.SimpleNamespace(**values))
  return types.SimpleNamespace(task=task)


def test_a_model_needs_masks_and_may_hide_low_scores(parse, capsys):
  parse()
  teacher_flags.check_model(params())
  assert not capsys.readouterr().err
  parse('--min_score=0.01')
  teacher_flags.check_model(params())
  assert 'no detections of a score up to 0.05' in capsys.readouterr().err
  with pytest.raises(ValueError, match='the model makes no masks'):
    teacher_flags.check_model(params(include_mask=False))


def test_labelled_records_are_counted(parse, tmp_path):
  path = serialized.write_classes(tmp_path / 'a', [1, 1], [])
  parse(f'--labelled={path}')
  found = teacher_flags.reference_counts(params())
  assert found == LabelCounts(2, 1, 0, {1: 2})
  parse(f'--labelled={tmp_path}/none')
  with pytest.raises(FileNotFoundError, match='--labelled: no file matches'):
    teacher_flags.reference_counts(params())
