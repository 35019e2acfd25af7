"""A run from its start to its end, on the devices that it asks for.

`runner` runs a config: `devices` starts the devices, `folder_lock` and
`folder_state` look at the folder, `run_record` and `versions` write the record,
`assembly` builds the run, `recovery` restores it when it diverges, and
`preemption` ends it at SIGTERM. `continuous` evaluates beside a training.
`progress`, `history`, `speaking_trainer`, `train_panels`, `profiler`, `memory`
and `disk` report. `class_names`, `sampling` and `derived_values` keep what a
run took from its records.
"""
