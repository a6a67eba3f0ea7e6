"""Hubs as objects of a Kubernetes cluster."""

from provisioning.runtimes.kubernetes.runtime import KubernetesRuntime
