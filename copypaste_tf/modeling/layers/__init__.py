"""Layers and layer names that backbones, pyramids and heads share."""
