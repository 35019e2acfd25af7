"""Published TF1 checkpoints: map their variables to a model and read them."""
