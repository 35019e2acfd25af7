"""Backbones as published, up to level 5: ResNet and EfficientNet."""
