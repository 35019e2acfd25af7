import augmented_examples
import pytest


@pytest.mark.parametrize(
  ('count', 'parts', 'last'), [(1, 1, 1), (8, 1, 8), (9, 2, 1), (20, 3, 4)]
)
def test_parts_hold_every_example_once(tmp_path, count, parts, last):
  job = augmented_examples.make_job(tmp_path, count)
  assert job.parts == parts
  numbers = [n for part in range(parts) for n in job.numbers(part)]
  assert numbers == [*range(1, count + 1)]
  assert len(job.numbers(parts - 1)) == last


@pytest.mark.parametrize('batch', [1, 4, 256])
def test_the_batch_of_a_recipe_does_not_matter(tmp_path, batch):
  first = augmented_examples.make_job(tmp_path).inputs
  changes = {'augment_on': 'device', 'dtype': 'bfloat16'}
  other = augmented_examples.make_job(
    tmp_path, global_batch_size=batch, data_service='grpc://x', **changes
  )
  assert other.inputs.as_dict() == first.as_dict()
  assert first.global_batch_size == 8
