"""What a training step takes on a TPU, found out without one.

chips           what a chip can do
compile_module  the compiler; a script for a process without TensorFlow
compiler        runs that script
largest_batch   the search for the largest batch that fits
figures         what was found, in words
"""
