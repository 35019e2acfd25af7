"""Random draws of the augmentation.

In the order of the data: `random` makes the bits, `pairing` draws the source of
each target, `jitter` scale, flip and crop, `selection` the pasted instances.
"""
