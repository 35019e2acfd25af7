"""Reads records on the host and makes batches for training and evaluation.

`record_sets` resolves a config to the sets that it reads, and `batch_layout`
divides a batch between them. `host_part` computes the part of a host and
`record_order` the order of its records; `decode` decodes them, `groups` and
`partners` mix and pair them, `pipeline` puts the stages together, and
`data_service` runs them on other machines. `faults` finds the record that
caused an error; `image_files` reads images outside of records.
"""
