"""Feature pyramids as published: FPN and NAS-FPN."""
