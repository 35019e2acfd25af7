"""Runs a task on Model Garden's Orbit trainer: config, checks, loop, record."""
