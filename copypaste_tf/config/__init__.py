"""Gin files, YAML overrides and typed values; knows no task."""
