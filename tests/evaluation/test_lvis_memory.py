"""The memory of evaluations of LVIS v1 val, from a tenth of it."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LIMIT = 4e9 / 2**30  # GiB, of the whole process.


@pytest.mark.thorough
@pytest.mark.parametrize('detections', ['lvis', 'results'])
def test_an_evaluation_of_lvis_fits_into_four_gigabytes(
  real_data, tmp_path, detections
):
  """A process of its own, because others have left memory to the allocator."""
  output = tmp_path / 'numbers.json'
  command = [sys.executable, '-m', f'benchmarks.benchmark_{detections}']
  flags = [f'--data={real_data}', '--images=2000', f'--output={output}']
  subprocess.run(command + flags, cwd=ROOT, check=True, capture_output=True)
  numbers = json.loads(output.read_text())
  assert numbers['detections'] == 2000 * 300
  assert numbers['val_gib'] < LIMIT
