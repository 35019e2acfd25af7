"""Verbs that make, look at and check the TFRecords."""
