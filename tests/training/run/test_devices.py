"""The devices of a run: started, printed, recorded."""

import socket
import time

import pytest
import tensorflow as tf
import verbs

from copypaste_tf.training.config import gin_config
from copypaste_tf.training.run import devices


def params_of(**runtime):
  return gin_config.load(['smoke']).params.replace(runtime=runtime)


@pytest.mark.parametrize(
  ('strategy', 'num_gpus', 'visible', 'expected'),
  [
    ('mirrored', -1, 0, 0),
    ('mirrored', -1, 3, 3),
    ('one_device', -1, 3, 1),
    ('off', -1, 0, 0),
    ('mirrored', 2, 3, 2),
    ('one_device', 0, 3, 0),
  ],
)
def test_minus_one_means_all_gpus(
  monkeypatch, strategy, num_gpus, visible, expected
):
  params = params_of(distribution_strategy=strategy, num_gpus=num_gpus)
  monkeypatch.setattr(
    tf.config, 'list_physical_devices', lambda kind: [kind] * visible
  )
  resolved = devices.with_gpus(params)
  assert resolved.runtime.num_gpus == expected
  assert resolved.runtime.distribution_strategy == strategy
  assert params.runtime.num_gpus == num_gpus


@pytest.mark.parametrize('strategy', ['off', 'one_device', 'mirrored'])
def test_one_line_describes_the_devices(strategy):
  started = devices.start(params_of(distribution_strategy=strategy, num_gpus=0))
  count = len(tf.config.list_logical_devices('CPU'))
  count = count if strategy == 'mirrored' else 1
  assert started.replicas == count
  assert started.line(4 * count) == (
    f'{strategy} over {count} CPU{"s" * (count > 1)}, 4 images each, float32'
  )
  recorded = started.record()
  assert recorded['replicas'] == count and recorded['workers'] == 1
  assert recorded['images_per_replica'] == 4 / count
  assert recorded['decisions'] == list(started.decisions)


def test_decisions_are_notes_after_the_first_line(capsys):
  params = params_of(distribution_strategy='off', num_gpus=0)
  started = devices.start(params)
  started.print_summary('eval')
  line, *notes = capsys.readouterr().err.splitlines()
  batch = params.task.validation_data.global_batch_size
  assert line == started.line(batch) and f'{batch} images each' in line
  assert notes == [f'note: {decision}' for decision in started.decisions]
  assert notes


def test_more_gpus_than_there_are_is_an_error():
  visible = len(tf.config.list_physical_devices('GPU'))
  with pytest.raises(ValueError, match=f'at most the {visible} GPUs .* got 9'):
    devices.start(params_of(num_gpus=9))


def test_a_run_of_many_workers_is_evaluated_on_one_machine():
  params = params_of(distribution_strategy='multi_worker_mirrored')
  params = devices.on_one_machine(params)
  assert params.runtime.distribution_strategy == 'mirrored'
  other = params_of(distribution_strategy='one_device')
  assert devices.on_one_machine(other) is other


# Each in its own process: a failed TPU connection breaks the context of
# TensorFlow.
@pytest.mark.slow
@pytest.mark.parametrize(
  'tpu', ['local', pytest.param('grpc', marks=pytest.mark.thorough)]
)
def test_without_a_tpu_the_error_comes_in_seconds(tpu, tmp_path):
  if tpu == 'grpc':
    with socket.socket() as free:
      free.bind(('127.0.0.1', 0))
      tpu = f'grpc://127.0.0.1:{free.getsockname()[1]}'
  start = time.monotonic()
  done = verbs.run(
    *('copypaste_tf.train', '--gin_file=smoke', '--strategy=tpu'),
    *(f'--tpu={tpu}', f'--model_dir={tmp_path}'),
  )
  assert time.monotonic() - start < 60
  assert done.returncode == 1 and 'Traceback' not in done.stderr
  first, expected, without = done.stderr.splitlines()[-3:]
  assert first.startswith(f"error: runtime.tpu: no TPU at '{tpu}': ")
  assert 'tensorflow-tpu==' in expected and '--tpu=local' in expected
  assert '--strategy=mirrored' in without and 'tpu_check' in without
  assert not list(tmp_path.iterdir())
