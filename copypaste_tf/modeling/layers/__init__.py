"""Layers that backbones, pyramids and heads share."""
