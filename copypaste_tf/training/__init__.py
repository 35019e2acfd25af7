"""Config, task and record of a run, on Model Garden's Orbit trainer."""
