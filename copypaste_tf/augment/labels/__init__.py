"""Labels of instances, and the id planes that hold their masks.

In the order of the data: `layers` packs masks into id planes, `id_planes`
visits the instances in them, `boxes` and `extents` compute and measure boxes,
`canvas` keeps the visible labels, `masks` reads masks and unites those that are
pasted, `occlusion` updates the labels below.
"""
