"""Gin recipes; a wheel has this folder as `copypaste_tf/configs`."""
