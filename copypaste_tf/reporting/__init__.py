"""Renders a run as a web page: events, curves, tables, drawn images.

`copypaste_tf.report` and `copypaste_tf.visualize` are the commands. The modules
here prepare plain data; all HTML is in `templates/`. `run_files`, `events` and
`run_evaluation` read a run; `summary`, `curves`, `comparison` and `matching`
prepare its parts, `sections` its sections, and `page` the page of `elements`.
`compared_*` do the same for several runs side by side. `panels`, `sheet` and
`sheet_file` show training examples.
"""
