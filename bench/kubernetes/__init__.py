"""Benchmarks of the Kubernetes runtime on a real API server (tests/kubernetes/server.py), with the portal's account.

`python -m bench.kubernetes.create` creates hubs, `python -m bench.kubernetes.fleet` manages a thousand of them.
Requests are counted in the API server's audit log, independent of the portal's code.
"""
