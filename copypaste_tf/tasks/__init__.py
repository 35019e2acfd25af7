"""Tasks that a recipe can train: each has labels, losses and an evaluator.

`task` is the interface, `config` the part of the config that all tasks share,
and `registry` looks a task up by its name. `detection` and `segmentation` are
the tasks of this package; `scene_task`, `statistics`, `backbones`, `captions`
and `model_problems` hold what they have in common.
"""
