"""Pixels of images and id planes.

In the order of the data: `resampling` finds the pixels to read, `normalization`
scales their values, `warp` moves images and planes to the canvas, `compose`
writes the pasted pixels, `blend` softens their edges, `bfloat16` stores them.
"""
