"""Render a spec to the desired state for a runtime. Pure functions."""

from provisioning.render.kubernetes import render_kubernetes
from provisioning.render.local import Wanted, render_local
from provisioning.render.place import Agreed, ClusterFacts, Images, NodePool
from provisioning.render.values import PortalSignIn, hub_values
