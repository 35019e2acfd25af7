"""The work of each verb, which the file of the verb imports when it runs."""

from copypaste_tf import environment

environment.set_level_of_xla()
