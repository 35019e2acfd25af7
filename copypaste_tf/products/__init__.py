"""Turns the outputs of a task into files, pictures, exports and reports.

`product` is the interface, `products` the door. `detections` and `class_maps`
are the kinds.
"""
