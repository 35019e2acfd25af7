"""The self-training runs whole, with four steps of each training."""

import json

import pytest
import verbs
from loaded_module import load

METRICS = {'mask_ap': 0.25, 'box_ap': 0.5}


@pytest.fixture(scope='module')
def experiment():
  return load('experiments.self_training')


def test_the_table_has_a_row_for_each_run(experiment):
  names, _ = experiment
  lines = names['table']({'teacher': METRICS, 'into_both': METRICS})
  assert [line.split()[1:] for line in lines.splitlines()[1:]] == [
    ['25.0', '50.0'],
    ['25.0', '50.0'],
  ]


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['--runs=into_bot'], 'into_both'),
    (['--image_dir=images'], '--val_annotations'),
  ],
)
def test_a_mistake_is_named_before_anything_runs(
  experiment, tmp_path, arguments, message
):
  names, values = experiment
  values(['verb', f'--output_dir={tmp_path}', *arguments])
  with pytest.raises(ValueError, match=message):
    names['main']()
  values.unparse_flags()
  assert not [*tmp_path.iterdir()]


@pytest.mark.slow
def test_a_tiny_run_goes_from_shapes_to_a_student(
  experiment, tmp_path, monkeypatch, capsys
):
  names, values = experiment
  monkeypatch.setattr(names['running'], 'run', _run_here)
  values(['verb', f'--output_dir={tmp_path}', '--tiny', '--runs=into_both'])
  names['main']()
  values.unparse_flags()
  results = json.loads((tmp_path / 'self_training.json').read_text())
  assert [*results['runs']] == ['teacher', 'into_both']
  assert results['labels']
  assert 'into_both' in capsys.readouterr().out


def _run_here(commands):
  """Runs the commands in this process, which is quicker."""
  for module, *arguments in commands.values():
    done = verbs.run_here(module, *arguments)
    assert not done.returncode, f'{module}\n{done.stdout}\n{done.stderr}'
