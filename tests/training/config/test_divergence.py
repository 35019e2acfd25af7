from copypaste_tf.training.config import divergence, gin_config


def test_a_recipe_sets_it():
  lines = ['Divergence.max_recoveries = 7', 'Divergence.explosion_factor = 2.5']
  task = gin_config.load(['smoke'], lines).params.task
  assert task.divergence.as_dict() == {
    'max_recoveries': 7,
    'explosion_factor': 2.5,
  }


def test_by_default_a_run_recovers_three_times():
  assert divergence.Divergence().max_recoveries == 3
