"""Turns the outputs of a task into files, pictures, exports and reports.

`product` is the interface, and `products` looks a product up by its name.
`detections` and `class_maps` are the two products of this package.
"""
