"""Published TF1 checkpoints, read into our models."""
