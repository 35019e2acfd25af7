"""The defaults of the evaluator interface."""

from copypaste_tf.evaluation.evaluator import Evaluator


class Total(Evaluator):
  """Sums its inputs."""

  names = ('total',)
  headline = 'total'

  def __init__(self):
    self.reset()

  def reset(self):
    self._values = []

  def add(self, outputs):
    self._values += outputs['values'].tolist()

  def parts(self):
    return self._values

  def merge(self, parts):
    self._values = [value for part in parts for value in part]

  def metrics(self):
    return {'total': float(sum(self._values)), 'n': len(self._values)}


def test_an_evaluator_without_a_file_writes_none(tmp_path):
  total = Total()
  total.write(str(tmp_path))
  assert total.output_file is None and total.max_detections is None
  assert not list(tmp_path.iterdir())


def test_the_table_has_a_line_for_each_metric():
  total = Total()
  total.merge([[1.0, 2.5], [], [3.0]])
  assert total.table(total.metrics()).splitlines() == [
    'total     6.500',
    'n         3.000',
  ]
