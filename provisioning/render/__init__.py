"""From a spec to what a runtime is told to make. Pure functions."""

from provisioning.render.local import render_local
from provisioning.render.values import PortalSignIn, hub_values

__all__ = ["PortalSignIn", "hub_values", "render_local"]
