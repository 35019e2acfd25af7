"""Gin recipes; `--gin_file=smoke` and `configs/smoke.gin` both find them."""
