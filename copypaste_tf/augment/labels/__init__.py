"""Labels of instances: id planes, masks, extents, boxes, occlusion."""
