"""Compiles a training step for a TPU and reports its costs, without a TPU.

chips           peak speed and memory of each chip
pjrt            the compiler, through its C interface
compile_module  the script that compiles, run in a process of its own
compiler        runs that script
largest_batch   searches for the largest batch that fits
figures         formats the results
"""
