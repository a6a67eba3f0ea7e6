"""Benchmarks: how long, how many, how much memory, each beside something real that was measured in the same run.

`make bench`, or one by one: `python -m bench.ready`. They are read by people and never asserted on, use loopback and a
folder of their own, and end by themselves. What they found stands in docs/performance.md.
"""
