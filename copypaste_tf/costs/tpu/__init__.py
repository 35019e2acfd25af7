"""What a training step takes on a TPU, found out without one.

chips           what a chip can do
pjrt            the compiler, by its C interface
compile_module  a script that calls it, for a process of its own
compiler        runs that script
largest_batch   the search for the largest batch that fits
figures         what was found, in words
"""
