"""The second stage: classify the proposals, refine their boxes, predict masks.

In the order of the data: `roi_sampling` samples the regions of a training step,
`roi_align` reads their features, `box_head` and `mask_head` predict,
`mask_targets` computes the ground truth of the masks, `detections` chooses the
detections, `second_stage` runs all of these. `mask_pasting` pastes the masks of
detections into whole images.
"""
