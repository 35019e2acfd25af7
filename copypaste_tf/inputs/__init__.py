"""Host-side inputs: `decode` reads one record, `reader` makes the batches.

`record_order` says which records a host reads in which order, `data_service`
lets other machines do it. `faults` finds the record behind an error that
TensorFlow does not locate; `image_files` reads images that are in no record.
"""
