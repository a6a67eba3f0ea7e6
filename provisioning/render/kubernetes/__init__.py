"""The parts of a hub in a cluster: manifests with Zero to JupyterHub's names. Pure and deterministic."""

from collections.abc import Mapping

from hubs.language import _
from hubs.spec import HubSpec, hub_secrets
from provisioning.contract import ADDRESS, FILES, HUB, PROXY, Part, Release, Target
from provisioning.render.kubernetes.address import address
from provisioning.render.kubernetes.files import files
from provisioning.render.kubernetes.hub import hub
from provisioning.render.kubernetes.labels import keyed
from provisioning.render.kubernetes.proxy import proxy
from provisioning.render.local import Wanted
from provisioning.render.place import Agreed, ClusterFacts
from provisioning.render.values import PortalSignIn


def render_kubernetes(
    target: Target,
    spec: HubSpec,
    secrets: Mapping[str, str],
    sign_in: PortalSignIn,
    wanted: Wanted,
    facts: ClusterFacts,
    agreed: Agreed,
    restart_at: str = "",
    code: str = "",
) -> Release:
    """Return the desired state of a hub. Raise KeyError if a running hub's secret is missing.

    `restart_at`: any text; the hub's pod is replaced if it changes. `code`: Python that staff added to the hub's
    configuration.
    """
    if wanted == "retired":
        return Release(target, ())
    made = files(target, spec, facts, agreed)
    room = Part(FILES, _("Create the namespace and storage"), keyed(made))
    if wanted == "suspended":
        return Release(target, (room,))
    front = proxy(target, secrets[hub_secrets.PROXY], facts)
    manifests, revision = hub(target, spec, secrets, sign_in, facts, restart_at, code, [*made, *front])
    parts = [
        room,
        Part(PROXY, _("Start the proxy"), keyed(front)),
        Part(HUB, _("Start the hub"), keyed(manifests)),
    ]
    if way := address(target, facts):
        parts.append(Part(ADDRESS, _("Set up the address"), keyed(way)))
    return Release(target, tuple(parts), revision=revision)
