"""The training loop: step, trainer, micro batches, averages, divergence."""
