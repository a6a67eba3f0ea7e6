"""Hubs as processes of this machine: one JupyterHub and one proxy a hub. Users are not isolated from each other."""

from provisioning.runtimes.local.runtime import LocalRuntime
