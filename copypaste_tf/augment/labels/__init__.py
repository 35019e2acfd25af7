"""Labels of instances, and the id planes that hold their masks.

In the order of the data: `layers` packs masks into id planes, `id_planes`
tells which planes are used, `boxes` computes with annotated boxes, `extents`
describes areas and tight boxes, and `masks` reads masks.
"""
