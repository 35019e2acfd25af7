"""Pixels of images and id planes.

In the order of the data: `resampling` finds the pixels to read, `normalization`
scales their values, `blend` softens the edges of pasted ones, `bfloat16` stores
them.
"""
