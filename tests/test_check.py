"""The verb `check` prints a recipe and its problems without traceback."""

import verbs


def check(*arguments):
  return verbs.run_here('copypaste_tf.check', *arguments)


def test_the_verb_prints_the_config_and_the_problems(shapes_params):
  params = [f'--gin_params={line}' for line in shapes_params]
  good = check('--gin_file=smoke', *params)
  assert good.returncode == 0, good.stderr
  assert good.stdout.endswith('ok\n')
  assert 'trainer.train_steps = 4 ' in good.stdout
  assert 'configs/smoke.gin:' in good.stdout


def test_the_verb_fails_without_a_traceback(shapes_params):
  bad = check('--gin_file=smoke', '--gin_params=schedule.train_step=3')
  assert bad.returncode == 1 and 'Traceback' not in bad.stderr
  assert "did you mean 'train_steps'" in bad.stderr
  wrong = check(
    '--gin_file=smoke',
    '--gin_params=CopyPaste.probability = 2.0',
    '--allow_missing_data',
  )
  assert wrong.returncode == 1 and 'Traceback' not in wrong.stderr
  assert 'error: --gin_params: task.train_data.copy_paste.prob' in wrong.stderr
