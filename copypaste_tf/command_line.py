"""Runs a verb: reads its flags, prints its help, and guards its work.

The main function of a verb imports the work, after the flags are read. So help
and mistakes in flags do not wait for TensorFlow.
"""

import atexit
import functools
import gc
import logging as python_logging
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from absl import app, flags, logging

from copypaste_tf import environment, flag_help


def run(
  main: Callable[[], None],
  define: Callable[[], None],
  doc: str,
  argv: list[str] | None = None,
  *,
  rest: str | None = None,
) -> None:
  """Runs a verb; a mistake of the user is a message, not a traceback.

  Args:
    main: does the work, with the flags of `absl.flags.FLAGS`.
    define: defines the flags.
    doc: docstring of the verb: a sentence and an example.
    argv: command line; None means that of the process.
    rest: flag of several strings that takes the arguments that are no flags,
      such as the files of a pattern that the shell expanded; None refuses them.
  """
  # Not at import: verbs share names of flags, and a process may import several.
  define()
  # The collector would spend seconds on graphs that nobody needs any more.
  atexit.register(gc.freeze)
  parse = functools.partial(_parse, doc=doc, more=rest)
  try:
    try:
      app.run(lambda _: _guard(main), argv, flags_parser=parse)
    finally:
      sys.stdout.flush()  # Later, a closed pipe could not be handled.
  except BrokenPipeError:  # The reader of a pipe, such as `head`, has ended.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(128 + signal.SIGPIPE)
  except KeyboardInterrupt:
    print('interrupted', file=sys.stderr)
    sys.exit(128 + signal.SIGINT)


def _parse(argv: list[str], doc: str, more: str | None) -> list[str]:
  """Parses the flags; prints the help if an argument asks for it."""
  flags.FLAGS.set_gnu_getopt(more is not None)  # Flags may follow the rest.
  asked = set(argv[1:]) & flag_help.ASKS
  if asked:
    full = bool(asked & flag_help.FULL)
    print(flag_help.text(doc, flags.FLAGS, full=full), flush=True)
    sys.exit(0)
  try:
    rest = flags.FLAGS(argv)
  except flags.UnrecognizedFlagError as error:
    _refuse(flag_help.unknown(error.flagname, flags.FLAGS))
  except flags.Error as error:
    _refuse(flag_help.invalid(str(error)))
  if more:
    flags.FLAGS[more].value = [*(flags.FLAGS[more].value or ()), *rest[1:]]
  elif rest[1:]:
    _refuse(flag_help.stray(rest[1:], flags.FLAGS))
  return rest


def _guard(main: Callable[[], None]) -> None:
  # Model Garden and TensorFlow log at INFO by default.
  verbose = flags.FLAGS['verbosity'].present
  if verbose:
    environment.show_all()
  else:
    environment.quiet()
    logging.set_verbosity(logging.WARNING)
    python_logging.getLogger('tensorflow').setLevel('WARNING')
  try:
    main()
  except app.UsageError as error:
    _refuse(str(error))
  except BrokenPipeError:
    raise
  except (ValueError, OSError, *_path_errors()) as error:
    if verbose:
      raise
    sys.exit('\n'.join(f'error: {line}' for line in str(error).split('\n')))


def _path_errors() -> tuple[type[Exception], ...]:
  """Returns TensorFlow's errors about paths; none before it is imported."""
  if 'tensorflow' not in sys.modules:
    return ()
  from tensorflow import errors

  return (
    errors.NotFoundError,
    errors.PermissionDeniedError,
    errors.FailedPreconditionError,
  )


def _refuse(message: str) -> NoReturn:
  sys.exit(f'error: {message}\n--help lists the flags')
