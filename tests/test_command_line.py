"""Help and wrong flags need no TensorFlow; mistakes print no traceback."""

import json
import logging as python_logging
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf
from absl import app, flags, logging

from copypaste_tf import command_line

ROOT = pathlib.Path(__file__).parents[1]
VERBS = [
  f'{package}.{path.stem}'
  for package in ('copypaste_tf', 'tfrecord_tools')
  for path in sorted((ROOT / package / 'verbs').glob('[a-z]*.py'))
]
# Answers of all verbs, and whether TensorFlow was imported, from one process.
ANSWERS = """
import contextlib, io, json, runpy, sys
from absl import app, flags

app.define_help_flags()

def answer(verb, argument):
  before, printed = set(flags.FLAGS), io.StringIO()
  sys.argv[1:] = [argument]
  status = 'python -m does not run it'
  try:
    with contextlib.redirect_stdout(printed):
      runpy.run_module(verb, run_name='__main__', alter_sys=True)
  except SystemExit as end:
    status = end.code
  for flag in set(flags.FLAGS) - before:
    delattr(flags.FLAGS, flag)
  return status, printed.getvalue()

verbs, arguments = map(json.loads, sys.argv[1:])
answers = [[answer(verb, a) for verb in verbs] for a in arguments]
print(json.dumps([answers, 'tensorflow' in sys.modules]))
"""


@pytest.fixture(scope='module')
def answers():
  """By argument and verb, the status and the printed text."""
  arguments = ['--help', '--helpfull', '--no_such_flag', 'stray']
  done = subprocess.run(
    [sys.executable, '-c', ANSWERS, json.dumps(VERBS), json.dumps(arguments)],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
  )
  rows, tensorflow = json.loads(done.stdout)
  assert not tensorflow, 'a verb imports TensorFlow before it reads its flags'
  by_verb = [dict(zip(VERBS, row, strict=True)) for row in rows]
  return dict(zip(arguments, by_verb, strict=True))


def test_help_of_every_verb_shows_its_flags_without_tensorflow(answers):
  for verb, (status, text) in answers['--help'].items():
    assert status == 0 and f'python -m {verb}' in text, verb
    assert '\nFlags' in text and '--logtostderr' not in text, verb


def test_full_help_adds_the_flags_of_the_libraries(answers):
  for verb, (status, text) in answers['--helpfull'].items():
    assert status == 0 and '--[no]logtostderr' in text, verb


def test_help_shows_the_flags_that_verbs_share(answers):
  config = ('gin_file', 'gin_params', 'strategy')
  model = (*config, 'model_dir', 'checkpoint')
  for verb, names in {
    **dict.fromkeys(('check', 'visualize', 'model_summary'), config),
    **dict.fromkeys(('evaluate', 'predict', 'export'), model),
    'train': (*config, 'model_dir', 'mode'),
  }.items():
    _, text = answers['--help'][f'copypaste_tf.{verb}']
    assert all(f'--{name}=' in text for name in names), verb


def test_a_wrong_argument_is_an_error_of_every_verb(answers):
  for verb in VERBS:
    status, _ = answers['--no_such_flag'][verb]
    assert 'there is no flag --no_such_flag' in status, verb
    status, _ = answers['stray'][verb]
    expected = ' required' if ' required' in status else "got 'stray'"
    assert expected in status and '--help' in status, verb


@pytest.fixture
def run(monkeypatch):
  """Runs a `main` that raises, with flags of its own."""
  python_logger = python_logging.getLogger('tensorflow')
  levels = logging.get_verbosity(), python_logger.level
  monkeypatch.setattr(
    app,
    'run',
    lambda main, argv, flags_parser: main(flags_parser(argv)),
  )
  own = flags.FlagValues()
  flags.DEFINE_integer('verbosity', 0, 'As in absl.', flag_values=own)
  monkeypatch.setattr(flags, 'FLAGS', own)

  def runs(error, *arguments):
    def main():
      raise error

    command_line.run(main, lambda: None, 'Doc.', ['verb', *arguments])

  yield runs
  logging.set_verbosity(levels[0])
  python_logger.setLevel(levels[1])


@pytest.mark.parametrize('kind', [ValueError, FileNotFoundError, OSError])
def test_mistakes_of_the_user_are_a_message(run, kind):
  with pytest.raises(SystemExit) as caught:
    run(kind('one\ntwo'))
  assert caught.value.code == 'error: one\nerror: two'
  level = python_logging.getLogger('tensorflow').level
  assert level == python_logging.WARNING


def test_other_errors_and_verbose_runs_keep_the_traceback(run):
  with pytest.raises(KeyError):
    run(KeyError('bug'))
  with pytest.raises(ValueError, match='one'):
    run(ValueError('one'), '--verbosity=1')


@pytest.mark.parametrize('name', ['NotFoundError', 'PermissionDeniedError'])
def test_a_path_that_tensorflow_cannot_reach_is_a_message(run, name):
  with pytest.raises(SystemExit) as caught:
    run(getattr(tf.errors, name)(None, None, 'gs://x; no such object'))
  assert caught.value.code == 'error: gs://x; no such object'


def test_an_internal_error_of_tensorflow_keeps_its_traceback(run):
  with pytest.raises(tf.errors.InternalError):
    run(tf.errors.InternalError(None, None, 'bug'))


def test_an_interrupt_is_one_line_and_status_130(run, capsys):
  with pytest.raises(SystemExit) as caught:
    run(KeyboardInterrupt())
  assert caught.value.code == 130
  assert capsys.readouterr().err == 'interrupted\n'


def test_a_closed_pipe_ends_a_verb_silently():
  verb = subprocess.Popen(
    [sys.executable, '-m', 'copypaste_tf.check', '--help'],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
  )
  verb.stdout.close()
  assert verb.stderr.read() == b''
  assert verb.wait() == 141
