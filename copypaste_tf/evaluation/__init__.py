"""COCO metrics: ground truth, detections as COCO results, evaluation."""
