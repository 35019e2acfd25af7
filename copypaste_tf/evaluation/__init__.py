"""Evaluators: ground truth and outputs to metrics; COCO is the first."""
