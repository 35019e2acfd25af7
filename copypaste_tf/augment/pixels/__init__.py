"""Pixels of images and id planes: warp, paste, blend, store."""
