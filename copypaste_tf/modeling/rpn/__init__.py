"""The region proposal network.

In the order of the data: `rpn_head` scores the `anchors`, `proposals` chooses
the best boxes by the NMS of `suppression`. For training, `anchor_matching`
matches anchors with ground truth, and `anchor_targets` samples the minibatch of
the RPN losses.
"""
