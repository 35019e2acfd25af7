"""Tasks that a recipe can train: what each learns, predicts and measures."""
