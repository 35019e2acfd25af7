"""A service that can not work as configured is refused."""

import pytest
from config_problems import problems_of

from copypaste_tf.inputs import data_config
from copypaste_tf.training.checks import service_checks


def paths(**values):
  data = data_config.TrainData(**values)
  return [problem.path for problem in service_checks.problems(data)]


def test_without_a_service_there_are_no_problems():
  assert paths() == paths(deterministic=False) == []


def test_the_order_of_a_service_is_not_deterministic():
  address = 'grpc://host:5050'
  assert paths(data_service=address) == ['task.train_data.deterministic']
  assert paths(data_service=address, deterministic=False) == []


@pytest.mark.parametrize('address', ['host:5050', 'grpc://host', 'grpc://:1'])
def test_the_address_has_protocol_host_and_port(address):
  (problem,) = problems_of(
    [
      f'TrainData.data_service = "{address}"',
      'TrainData.deterministic = False',
    ]
  )
  assert '--gin_params: task.train_data.data_service' in problem
  assert 'grpc://host:5050' in problem and repr(address) in problem
