"""Reads gin files and YAML overrides into typed configs of any task."""
