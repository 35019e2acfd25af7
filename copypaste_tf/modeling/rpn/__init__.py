"""The region proposal network.

In the order of the data: `rpn_head` scores anchors, `proposals` chooses the
best boxes. For training, `anchor_matching` matches anchors with ground truth,
and `anchor_targets` samples the minibatch of the RPN losses.
"""
