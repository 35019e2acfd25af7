"""Instance segmentation with Mask R-CNN and Cascade Mask R-CNN."""
