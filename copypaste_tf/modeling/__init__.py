"""What Model Garden's Mask R-CNN needs and does not have."""
