"""Labels of instances, and the id planes that hold their masks.

In the order of the data: `mask_strips` and `layers` pack masks into id planes,
`id_planes` tells which planes are used, `boxes` computes with annotated boxes,
`extents` describes areas and tight boxes, and `masks` reads masks.
"""
