"""Errors in a config, its records or its devices, found before step 0."""
