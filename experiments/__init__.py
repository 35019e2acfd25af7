"""The demo, the tables and figures of the paper, and the results of recipes.

- `demo`, `self_training`, `shapes_lvis` and `shapes_voc` run whole experiments;
  `steps` runs the commands of each.
- `rows` declares tables of runs, `tables` lists them, and `tables_*` hold their
  rows. `paper` and `paper_figures` hold the published numbers.
- `run_table` runs the cells of a table, with `cells` and `table_data`.
- `collect` gathers the runs: `measured*` read and show them, `paired`,
  `intervals` and `resampled_runs` compare them.

Modules import one another relatively: in a wheel, this package lies within
`copypaste_tf`.
"""
