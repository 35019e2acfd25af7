"""The memory of an evaluation of a file, from a tenth of LVIS v1 val."""

import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LIMIT = 4e9 / 2**30  # GiB, of the whole process.


@pytest.mark.thorough
def test_a_file_of_lvis_detections_fits_into_four_gigabytes(
  real_data, tmp_path
):
  output = tmp_path / 'numbers.json'
  command = [sys.executable, '-m', 'benchmarks.benchmark_results']
  flags = [f'--data={real_data}', '--images=2000', f'--output={output}']
  subprocess.run(command + flags, cwd=ROOT, check=True, capture_output=True)
  numbers = json.loads(output.read_text())
  assert numbers['detections'] == 2000 * 300
  assert numbers['val_gib'] < LIMIT
