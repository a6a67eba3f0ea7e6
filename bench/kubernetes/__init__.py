"""Benchmarks of the Kubernetes runtime on a real API server (tests/kubernetes/server.py), as the portal's own account.

`python -m bench.kubernetes.create` makes hubs, `python -m bench.kubernetes.fleet` looks after a thousand of them.
Requests are counted in the API server's audit log, so that no counter of ours can be wrong about them.
"""
