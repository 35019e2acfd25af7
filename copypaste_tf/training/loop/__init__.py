"""The loop of training steps: trainer, micro batches, averages, divergence."""
