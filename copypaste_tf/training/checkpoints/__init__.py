"""Checkpoints of a run: the start, the last intact one, the best one."""
