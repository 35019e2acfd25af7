"""Backbones as published: ResNet and EfficientNet."""
