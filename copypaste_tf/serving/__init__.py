"""A trained model outside of a training run."""
