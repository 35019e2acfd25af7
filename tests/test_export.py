"""The SavedModel runs in a process that has TensorFlow only."""

import os
import subprocess
import sys

import numpy as np
import pytest
import small_model
import verbs

from copypaste_tf.serving import prediction
from copypaste_tf.serving.inference import Detector

SIZES = [(50, 80), (97, 33)]
# Hides the packages, as if they were not installed. TensorFlow itself looks for
# Keras, so they are hidden after its import.
LOAD = """
import sys
import tensorflow as tf

class Absent:
  def find_spec(self, name, path=None, target=None):
    if name.split('.')[0] in ('copypaste_tf', 'official', 'tf_keras'):
      raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import numpy as np

model, output, *photos = sys.argv[1:]
loaded = tf.saved_model.load(model)
data = tf.stack([tf.io.read_file(path) for path in photos])
found = loaded.signatures['serving_default'](image_bytes=data)
again = loaded.signatures['bytes'](image_bytes=data)
for name in found:
  np.testing.assert_array_equal(found[name], again[name])
one = loaded.signatures['images'](images=tf.io.decode_jpeg(data[0]))
arrays = {f'bytes/{name}': x for name, x in found.items()}
np.savez(output, **arrays, **{f'images/{name}': x for name, x in one.items()})
absent = {'copypaste_tf', 'official', 'tf_keras'}
print('loaded', absent & {name.split('.')[0] for name in sys.modules})
"""


EXPORT = 'copypaste_tf.export'


@pytest.mark.slow
@pytest.mark.parametrize(
  'precision',
  ['float32', pytest.param('bfloat16', marks=pytest.mark.thorough)],
)
def test_the_saved_model_gives_equal_detections_without_the_package(
  tmp_path, precision
):
  lines = (f"PRECISION = '{precision}'",)
  checkpoint = small_model.checkpoint(tmp_path, *lines)
  photos = small_model.images(tmp_path, SIZES)
  done = verbs.run_here(
    EXPORT,
    '--gin_file=smoke',
    *(f'--gin_params={line}' for line in (*small_model.PARAMS, *lines)),
    f'--checkpoint={checkpoint}',
    f'--output={tmp_path}/saved',
  )
  assert done.returncode == 0, done.stderr
  own = ('PYTHONPATH', 'TF_USE_LEGACY_KERAS')
  environment = {k: v for k, v in os.environ.items() if k not in own}
  done = subprocess.run(
    [sys.executable, '-c', LOAD, 'saved', 'found.npz', *photos],
    cwd=tmp_path,
    env=environment,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  assert done.stdout.split() == ['loaded', 'set()']
  outputs_of_signatures = np.load(tmp_path / 'found.npz')
  if precision == 'bfloat16':  # Rounds too coarsely for a comparison.
    assert outputs_of_signatures['bytes/num_detections'].min() > 0
    return
  detector = Detector(small_model.params(*lines), checkpoint)
  expected = prediction.predict(
    detector, dict(enumerate(photos)), batch_size=2, skipped=pytest.fail
  )
  for i, image in enumerate(expected):
    outputs = {
      name.split('/')[1]: outputs_of_signatures[name][i]
      for name in outputs_of_signatures
      if name.startswith('bytes/')
    }
    small_model.check(outputs, image.results, SIZES[i])
    if not i:
      one = {n: outputs_of_signatures[f'images/{n}'] for n in outputs}
      small_model.check(one, image.results, SIZES[i])


def test_an_existing_folder_is_refused(tmp_path):
  (tmp_path / 'notes.txt').write_text('mine')
  done = verbs.run_here(
    EXPORT, '--gin_file=smoke', '--checkpoint=x', f'--output={tmp_path}'
  )
  assert done.returncode == 1 and 'already exists' in done.stderr
  assert 'Traceback' not in done.stderr
  assert [p.name for p in tmp_path.iterdir()] == ['notes.txt']
