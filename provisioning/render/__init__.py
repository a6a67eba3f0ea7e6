"""From a spec to what a runtime is told to make. Pure functions."""

from provisioning.render.kubernetes import render_kubernetes
from provisioning.render.local import Wanted, render_local
from provisioning.render.place import Agreed, ClusterFacts, Images, NodePool
from provisioning.render.values import PortalSignIn, hub_values
