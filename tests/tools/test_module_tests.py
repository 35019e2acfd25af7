import module_tests


def test_the_test_of_a_module_lies_in_the_room_of_its_name():
  root = module_tests.ROOT
  for module, test in {
    'copypaste_tf/train.py': 'tests/test_train.py',
    'copypaste_tf/verbs/train.py': 'tests/test_train.py',
    'copypaste_tf/records/rle.py': 'tests/records/test_rle.py',
    'tfrecord_tools/images.py': 'tests/tfrecord_tools/test_images.py',
  }.items():
    assert (root / module).exists()
    assert module_tests.test_file(root / module) == root / test
