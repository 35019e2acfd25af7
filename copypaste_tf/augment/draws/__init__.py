"""Random draws of the augmentation: scale, flip, partner, objects."""
