"""Writes augmented training examples as data sets for other software.

The modules in the order of the data: `job` says what is made, `stream` runs the
input pipeline, `example_records` turns an example into a record. A `form`
writes the records in parts and joins the parts: `coco_form` or `record_form`.
`export` makes the parts that are missing.
"""
