"""The training loop of any task.

`step` takes an optimizer step, with `accumulation` over micro batches and
`averaging` of the weights. `adapter` gives a task to Model Garden's `trainer`,
which `guarded_trainer` extends by `divergence`. `workers` exchanges values
between the workers of a run.
"""
