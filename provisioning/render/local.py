"""The parts of a hub that runs as processes on one machine."""

from collections.abc import Mapping
from typing import Literal

from hubs.language import _
from hubs.spec import HubSpec, hub_secrets
from hubs.spec.profile_order import orders
from provisioning.contract import FILES, HUB, PROXY, Part, Release, Target
from provisioning.names import base_path
from provisioning.render.values import PortalSignIn, hub_values, typed_secrets

Wanted = Literal["running", "suspended", "retired"]


def render_local(
    target: Target,
    spec: HubSpec,
    secrets: Mapping[str, str],
    sign_in: PortalSignIn,
    wanted: Wanted,
    restart_at: str = "",
) -> Release:
    """Return the desired state of a hub. Raise KeyError if a secret is missing.

    Nothing in the proxy's part depends on the spec, so a change of the hub never interrupts people's servers. A new
    `restart_at` makes the hub differ, so that it is restarted; "" adds nothing.
    """
    if wanted == "retired":
        return Release(target, ())
    files = Part(FILES, _("Create the hub’s folders"), {"slug": target.slug})
    if wanted == "suspended":
        return Release(target, (files,))
    proxy = Part(
        PROXY,
        _("Start the proxy"),
        {
            "basePath": base_path(target.url),
            "ports": dict(target.ports),
            hub_secrets.PROXY: secrets[hub_secrets.PROXY],
        },
    )
    hub = _hub(target, spec, secrets, sign_in, restart_at)
    return Release(target, (files, proxy, hub), revision=hub.digest)


def _hub(target: Target, spec: HubSpec, secrets: Mapping[str, str], sign_in: PortalSignIn, restart_at: str) -> Part:
    values = hub_values(target, spec, sign_in)
    typed = typed_secrets(values, spec, secrets)
    order = orders(values["singleuser"].get("profileList"))
    return Part(
        HUB,
        _("Start the hub"),
        {
            "url": target.url,
            "ports": dict(target.ports),
            "values": values,
            **({"order": order} if order else {}),
            "portalSignIn": spec.signIn.method == "portal",
            "title": spec.about.title,
            # This includes the proxy's token: a new one replaces both processes.
            "secrets": {name: secrets[name] for name in hub_secrets.MADE} | ({"values": typed} if typed else {}),
            **({"restartAt": restart_at} if restart_at else {}),
        },
    )
