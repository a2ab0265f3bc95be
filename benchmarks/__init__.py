"""Benchmarks: each compares with a peer or the raw limit in the same run, and reports ratios."""
