"""Makes pseudo labels: plain data, without flags."""
