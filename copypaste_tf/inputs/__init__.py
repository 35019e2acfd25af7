"""Host-side inputs: `decode` reads one record, `reader` makes the batches.

`faults` finds the record behind an error that TensorFlow does not locate;
`image_files` reads images that are in no record.
"""
