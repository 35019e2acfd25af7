"""Labels of instances, and the id planes that hold their masks.

In the order of the data: `layers` packs masks into id planes, `id_planes`
visits the instances in them, `boxes` computes with annotated boxes,
`extents` measures areas and tight boxes, `canvas` keeps the visible labels,
`masks` reads masks and unites the pasted ones, and `occlusion` updates the
labels of the target.
"""
