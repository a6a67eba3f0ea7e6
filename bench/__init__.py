"""Benchmarks of time, throughput and memory, each compared with something real that is measured in the same run.

`make bench`, or one by one: `python -m bench.ready`. They are for people and have no assertions, use loopback and their
own folder, and end without further action. Results: docs/performance.md.
"""
