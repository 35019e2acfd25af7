"""The second stage: sampled regions, their heads, targets, detections."""
