"""Renders a run as a web page: events, curves, tables, drawn images.

`copypaste_tf.report` and `copypaste_tf.visualize` are the commands. The modules
here prepare plain data; all HTML is in `templates/`.
"""
