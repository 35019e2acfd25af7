"""Measures the input pipeline and the training step.

`input_benchmark` times the pipeline with `measure`; `input_summary` formats the
result. `lowering` turns the training step into an XLA module for one `replica`
of many; `hlo_module` inspects it, and `tpu` compiles it for a TPU.
`step_benchmark` times the `step_functions` of a config, `operation_counts`
counts what they run, and `step_summary` formats both.
"""
