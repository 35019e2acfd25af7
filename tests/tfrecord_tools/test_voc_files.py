import pytest
import voc_kit

from copypaste_tf.records.voc_devkit import Member
from tfrecord_tools.faults import SourceError
from tfrecord_tools.voc_files import Digest, VocFiles

MEMBER = Member('2012', 'one')


def files(path):
  return VocFiles(str(path), {'cat': 1}, 1, False, Digest())


def digest(path):
  found = files(path)
  found.file(MEMBER, 'Annotations', '.xml')
  return found.digest.hexdigest()


def test_a_file_is_read_and_a_missing_one_is_none_or_a_fault(tmp_path):
  voc_kit.Kit(tmp_path).file('Annotations', 'one.xml').write_bytes(b'<x/>')
  found = files(tmp_path)
  path, data = found.required(MEMBER, 'Annotations', '.xml')
  assert path.endswith('VOC2012/Annotations/one.xml') and data == b'<x/>'
  assert found.digest.size == 4
  assert found.file(MEMBER, 'SegmentationClass', '.png')[1] is None
  with pytest.raises(SourceError, match='one.png: no such file'):
    found.required(MEMBER, 'SegmentationClass', '.png')


def test_a_folder_in_place_of_a_file_is_a_fault(tmp_path):
  voc_kit.Kit(tmp_path).file('Annotations/one.xml', '-')
  with pytest.raises(SourceError, match=r'one\.xml: Is a directory'):
    files(tmp_path).file(MEMBER, 'Annotations', '.xml')


def test_the_digest_tells_contents_and_missing_files_apart_not_folders(
  tmp_path,
):
  kits = [voc_kit.Kit(tmp_path / name) for name in 'abcd']
  contents = (b'one', b'one', b'two', b'')
  for kit, content in zip(kits, contents, strict=True):
    kit.file('Annotations', 'one.xml').write_bytes(content)
  sums = [digest(kit.path) for kit in kits] + [digest(tmp_path / 'e')]
  assert sums[0] == sums[1] and len(set(sums)) == 4
