"""A run from its start to its end, on the devices that it asks for."""
