"""Invalid addresses; `inputs/test_data_service.py` tests the service."""

import pytest

from copypaste_tf.verbs import data_service


@pytest.mark.parametrize('address', ['localhost:1', 'http://localhost:1', 'x'])
def test_the_dispatcher_has_a_protocol_and_a_port(address):
  with pytest.raises(ValueError, match=f'grpc://host:5050, got .{address}'):
    data_service.start(dispatcher=address)
