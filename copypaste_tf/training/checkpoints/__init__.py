"""Checkpoints of a run: the last intact one, the best one, restoring."""
