"""The work of each verb, which the file of the verb imports when it runs."""
