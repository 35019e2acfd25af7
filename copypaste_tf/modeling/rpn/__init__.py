"""The region proposal network: head, anchor targets, proposals."""
