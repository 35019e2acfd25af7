"""The prints of Orbit are hidden, those of a run are not."""

import sys

from copypaste_tf.training.run.console import Printer, quiet_orbit


def test_lines_of_orbit_are_not_printed(capsys):
  show = Printer(sys.stdout)
  with quiet_orbit():
    print('many lines of Orbit')
    show('one line of ours')
  assert capsys.readouterr().out == 'one line of ours\n'
