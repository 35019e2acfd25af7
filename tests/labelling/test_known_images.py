import pytest
import serialized
import tiny_teacher

from copypaste_tf import records
from copypaste_tf.labelling import known_images, scored_labels, shards
from copypaste_tf.labelling.labels import Rules
from copypaste_tf.labelling.thresholds import Thresholds

RULES = Rules(tiny_teacher.NAMES, Thresholds(0.1))


def test_images_get_the_labels_that_a_shard_gets(tmp_path):
  paths = tiny_teacher.inputs(tmp_path)
  found = known_images.labelled(paths, tiny_teacher.teacher(), RULES)
  serialized_records = [records.serialize(r, masks_png=()) for r in found]
  job = tiny_teacher.job(tmp_path, paths)
  for index in range(len(paths)):
    shards.write(index, job, tiny_teacher.teacher(), lambda: None)
  made = [job.path(index) for index in range(len(paths))]
  written = [data for _, _, data in records.read_serialized(made)]
  assert written == serialized_records and len(written) == 8


def test_scores_are_those_of_the_labels(tmp_path):
  paths = tiny_teacher.inputs(tmp_path)
  scored = known_images.scored(paths, tiny_teacher.teacher(), RULES)
  again = scored_labels.join(
    (record.classes, record.scores)
    for record in known_images.labelled(paths, tiny_teacher.teacher(), RULES)
  )
  for first, second in zip(scored, again, strict=True):
    assert (first == second).all() if hasattr(first, 'all') else first == second
  assert scored.num_images == 8 and len(scored.scores) > 8


def test_an_image_that_cannot_be_read_names_its_file(tmp_path):
  path = tmp_path / 'a.tfrecord'
  broken = tiny_teacher.image_record(2)._replace(image_bytes=b'none')
  tiny_teacher.write(path, [tiny_teacher.image_record(1), broken])
  found = known_images.labelled([str(path)], tiny_teacher.teacher(), RULES)
  with pytest.raises(ValueError, match=r'a\.tfrecord: record 1, image 2: '):
    list(found)


def test_written_labels_are_of_the_images_in_question(tmp_path):
  path = serialized.write_classes(tmp_path / 'a', [1], [2, 2], [3])
  found = known_images.written([path], [1002, 1001])
  assert found.image_ids.tolist() == [1001, 1001, 1002]
  assert found.category_ids.tolist() == [2, 2, 3]
  with pytest.raises(ValueError, match='2 of the 3 labelled .* such as 7'):
    known_images.written([path], [1000, 7, 8])


def test_records_tell_whether_a_model_labelled_them(tmp_path):
  person = serialized.write_classes(tmp_path / 'a', [1])
  model = serialized.write_classes(tmp_path / 'b', [1], pseudo=True)
  empty = serialized.write(tmp_path / 'c', [])
  assert known_images.are_pseudo([model, empty])
  assert not known_images.are_pseudo([empty, person])
  assert not known_images.are_pseudo([])
  with pytest.raises(ValueError, match='b has pseudo labels, .*a has none'):
    known_images.are_pseudo([person, model])
