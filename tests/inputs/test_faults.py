import serialized
import tensorflow as tf

from copypaste_tf import records
from copypaste_tf.inputs import decode, faults


def _decode(record):
  return decode.decode_scene(
    record, source_size=(32, 48), max_instances=8, num_planes=8
  )


def _examples(count):
  return [
    records.serialize(serialized.make_record(seed)[0]) for seed in range(count)
  ]


def test_sound_files_have_no_fault(tmp_path):
  path = serialized.write(tmp_path / 'a.tfrecord', _examples(3))
  assert faults.find([path], _decode) is None


def test_faults_name_file_record_and_image(tmp_path):
  good = _examples(3)
  record, _, _ = serialized.make_record(7, image_bytes=b'\xff\xd8\xff no jpeg')
  paths = [
    serialized.write(tmp_path / 'a.tfrecord', good),
    serialized.write(
      tmp_path / 'b.tfrecord', [good[0], records.serialize(record)]
    ),
  ]
  fault = faults.find(paths, _decode)
  assert fault.startswith(f'{paths[1]}: record 1 (source_id 1007): ')
  assert '\n' not in fault


def test_a_truncated_file_is_named(tmp_path):
  path = serialized.write(tmp_path / 'a.tfrecord', _examples(3))
  content = tf.io.gfile.GFile(path, 'rb').read()
  (tmp_path / 'a.tfrecord').write_bytes(content[:-40])
  fault = faults.find([path], _decode)
  assert fault.startswith(f'{path}: record 2: ')


def test_bytes_that_are_no_example_are_a_fault(tmp_path):
  path = serialized.write(tmp_path / 'a.tfrecord', [b'nonsense'])
  fault = faults.find([path], _decode)
  assert fault == f'{path}: record 0: expected a serialized tf.train.Example'
