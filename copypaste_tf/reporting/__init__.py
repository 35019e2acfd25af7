"""Parts of a run's report: events, curves, comparison, tables, page.

`copypaste_tf.report` is the command; what is here takes plain data.
"""
