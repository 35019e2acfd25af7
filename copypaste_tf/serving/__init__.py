"""Runs a trained model: prediction and export."""
