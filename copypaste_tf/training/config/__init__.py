"""The experiment of a recipe, with the origin of every value."""
