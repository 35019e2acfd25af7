"""The demo, the launcher and the results of our recipes.

Modules import one another relatively: in a wheel, this package lies within
`copypaste_tf`.
"""
