"""Tasks that a recipe can train: each has labels, losses and an evaluator."""
