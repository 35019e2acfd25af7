"""The demo, the launcher and the results of our recipes."""
