"""Hubs as processes on this machine: one JupyterHub and one proxy per hub. Users are not isolated from each other."""

from provisioning.runtimes.local.runtime import LocalRuntime
