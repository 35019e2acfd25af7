"""The self-training runs whole, with four steps of each training."""

import glob
import json

import pytest
import verbs
from loaded_module import load

from copypaste_tf.training.checks import config_checks
from copypaste_tf.training.config import gin_config
from experiments import self_training_steps as parts

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


def test_the_teacher_reads_what_the_conversions_write(tmp_path):
  """The whole run, with the students, is a thorough test."""
  source, commands = parts.shapes(str(tmp_path), tiny=True)
  commands |= parts.conversions(str(tmp_path), source)
  _run_here(commands)
  for run in (parts.TEACHER, parts.ALL_LABELS):
    later = parts.steps(
      str(tmp_path),
      source,
      teacher_recipe='shapes_demo',
      recipe='shapes_selftraining_cpu',
      runs=[parts.ALL_LABELS],
      bindings=parts.TINY_BINDINGS,
      tiny=True,
    )
    _, recipe, _, _, *lines = later[f'Train: {run}']
    resolved = gin_config.load(
      [recipe.removeprefix('--gin_file=')],
      [line.removeprefix('--gin_params=') for line in lines],
    )
    assert not config_checks.problems(resolved.params)
  for labelling in parts.labelling(str(tmp_path), tiny=True).values():
    (pattern,) = [x for x in labelling if x.startswith('--input=')]
    assert len(glob.glob(pattern.removeprefix('--input='))) == 4


@pytest.mark.thorough
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
