"""Labels images with a trained model (pseudo labels), and judges the labels.

In the order of the data: `teacher` runs the model, `thresholds` and `labels`
turn detections into labels, `shards` labels a file and `shard_run` all files of
a machine. `shares` divides the files among machines, and `pooled` gives them to
a pool. `origin` states what labels are made with, `tally` counts them, `gates`
refuses labels that make no sense, and `label_manifest` and `label_json`
describe the set. `known_images`, `quality`, `quality_table` and
`quality_report` compare labels with those of persons, `quality_page` and
`quality_figure` show the result, and `frequencies` chooses thresholds.
"""
