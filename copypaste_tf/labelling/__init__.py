"""Labels images with a trained model, and judges the labels."""
