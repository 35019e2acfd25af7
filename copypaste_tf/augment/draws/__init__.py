"""Random draws of the augmentation.

In the order of the data: `random` draws bits, `pairing` draws the source of
each target, `jitter` draws scale, flip and crop, and `selection` draws the
pasted instances.
"""
