"""A hub's spec as Zero to JupyterHub values, from which every runtime configures its hubs. They contain no secrets.

Source of the names: z2jh chart 4.4.0, values.yaml. Who has access is not in here: the portal decides it at each
sign-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubs.language import _
from hubs.spec import HubSpec, hub_secrets
from hubs.spec.effective import values as effective_values
from hubs.spec.followed import followed
from hubs.spec.hiding import hidden_in
from hubs.spec.markup import safe_html
from hubs.spec.secrets import OUR_SERVICES, OURS, REPLACED, THEIRS, has_a_place, is_the_portals
from hubs.spec.shape import moved, wrong_traits
from hubs.spec.sign_in import CLASSES, OAUTH
from hubs.spec.together import clashes
from hubs.spec.trees import get, parted
from hubs.spec.values import KEEPING, PORTAL_RULES, not_on_the_list, to_values
from provisioning.contract import Target
from provisioning.errors import Refused
from provisioning.names import base_path, oauth_callback

# Works on JupyterHub 5 and 6. No `shares`: JupyterHub 5.5.0 has an advisory about them.
PORTAL_SCOPES = [
    "list:users", "read:users", "admin:users", "read:servers", "servers", "list:groups", "read:groups",
    "admin:groups", "read:hub", "read:metrics", "proxy",
]  # fmt: skip
API_TOKEN = {"apiToken": "api_token"}  # of a service: the chart's name and JupyterHub's name


@dataclass(frozen=True)
class PortalSignIn:
    """The portal's OpenID Connect provider, for a hub. The client's secret is with the other secrets."""

    client_id: str
    authorize_url: str
    token_url: str
    userdata_url: str
    portal_url: str  # where people find a contact


def _portal(target: Target, title: str, sign_in: PortalSignIn) -> dict[str, Any]:
    return {
        "JupyterHub": {"authenticator_class": "generic-oauth"},
        "Authenticator": dict(KEEPING),
        "GenericOAuthenticator": {
            "client_id": sign_in.client_id,
            "authorize_url": sign_in.authorize_url,
            "token_url": sign_in.token_url,
            "userdata_url": sign_in.userdata_url,
            **PORTAL_RULES,
            "login_service": "the portal",
            "custom_403_message": not_on_the_list(title),
        },
    }


def _map(value: Any) -> dict[str, Any]:
    """Return the value if it is a map, otherwise {}: `more` can contain anything."""
    return value if isinstance(value, dict) else {}


def _config(target: Target, spec: HubSpec, values: dict[str, Any], sign_in: PortalSignIn) -> dict[str, Any]:
    """Return `hub.config`: the spec's, with values that only the portal knows. Settings of JupyterHub's own addresses
    and proxy can't be changed."""
    said = _map(values["hub"].get("config"))
    if spec.signIn.method == "portal":
        brought = _map(get(followed(spec.more), ("hub", "config")))
        ours = _portal(target, spec.about.title, sign_in)
        servers = {"Spawner": said["Spawner"]} if "Spawner" in said else {}  # it comes from a separate field
        said = {**brought, **servers, **ours, "JupyterHub": {**_map(brought.get("JupyterHub")), **ours["JupyterHub"]}}
    config = {name: dict(traits) for name, traits in said.items() if name not in OURS and isinstance(traits, dict)}
    hub = config.get("JupyterHub", {})
    config["JupyterHub"] = {name: hub[name] for name in THEIRS if name in hub}
    if spec.signIn.method in (*OAUTH, "portal"):
        section = CLASSES.get(spec.signIn.method, ("", "GenericOAuthenticator"))[1]
        config.setdefault(section, {})["oauth_callback_url"] = oauth_callback(target.url)
    if spec.signIn.method == "tmp":
        config.setdefault("Authenticator", {})["auto_login"] = True
    return config


def _is_ours(service: str) -> bool:
    """Return whether a service is the portal's. The hub names it "portal-" and a digest of its token."""
    return service in OUR_SERVICES or service.startswith("portal-")


def _hub(target: Target, spec: HubSpec, values: dict[str, Any], sign_in: PortalSignIn) -> dict[str, Any]:
    hub = values["hub"]
    words = {**_map(hub.get("templateVars")), "portal_url": sign_in.portal_url}
    if spec.homePage.text or "announcement" not in words:
        words["announcement"] = safe_html(spec.homePage.text)
    services = {
        # A command is code that runs in the hub; a name inside could differ from the checked one.
        name: {API_TOKEN.get(key, key): said for key, said in one.items() if key not in ("command", "name")}
        for name, one in _map(hub.get("services")).items()
        if not _is_ours(name) and isinstance(one, dict)
    }
    roles = {
        name: {key: said for key, said in one.items() if key != "name"}
        for name, one in _map(hub.get("loadRoles")).items()
        if not _is_ours(name) and isinstance(one, dict)
    }
    return {
        **{name: value for name, value in hub.items() if value is not None},
        "baseUrl": base_path(target.url),
        # Also if no number is set: the organisation's memory is counted for this number of servers.
        "activeServerLimit": spec.seats,
        "templateVars": words,
        **({"services": services} if services or hub.get("services") else {}),
        "loadRoles": {**roles, "portal": {"services": ["portal"], "scopes": PORTAL_SCOPES}},
        "config": _config(target, spec, values, sign_in),
    }


def typed_secrets(values: dict[str, Any], spec: HubSpec, secrets: Mapping[str, str]) -> list[tuple[list[str], str]]:
    """Return (path in the values, secret) of each entered secret for which this hub has a place. Secrets that the
    portal generates can't be entered: anyone who knows a hub's cookie secret is its admin. Secrets are not reviewed, so
    they are never used for other settings, such as an address to which the hub sends its keys."""
    section = CLASSES.get(spec.signIn.method, ("", ""))[1]
    shown = {path for _, path in hidden_in(spec)}
    written = to_values(spec) if shown else {}
    found = []
    for name, value in sorted(secrets.items()):
        path = parted(name.removeprefix(hub_secrets.TYPED))
        if not name.startswith(hub_secrets.TYPED) or is_the_portals(path):
            continue
        # If the spec still has a place for it: when a variable is removed, its secret is, too.
        if known := path in shown:
            path = moved(written, path)  # a list that was written as a map, or had a null in it
        in_its_place = known and get(values, path) == REPLACED
        by_name = path[:3] == ("hub", "config", section) or isinstance(get(values, path[:-1]), dict)
        if in_its_place or (by_name and has_a_place(path)):
            service = path[:2] == ("hub", "services")
            found.append(([*path[:-1], API_TOKEN.get(path[-1], path[-1]) if service else path[-1]], value))
    return found


def _refuse_what_would_not_start(values: dict[str, Any], spec: HubSpec) -> None:
    """Raise Refused for settings with which JupyterHub would not start. They are not just left out, because that could
    give people access. Affects only specs that are older than the rule that rejects such settings on input."""
    for path, words in wrong_traits(values) or clashes(spec):
        said = _(
            "JupyterHub can’t start with {setting}: {problem} "
            "Request a change to “More configuration” and correct it there.",
            setting=".".join(path),
            problem=words,
        )
        raise Refused(said, "InvalidConfiguration")


def hub_values(target: Target, spec: HubSpec, sign_in: PortalSignIn) -> dict[str, Any]:
    """Return the values of one hub, JSON-able, in the chart's structure. Imported values without effect here, and
    values of an invalid structure, are left out. Raise Refused for values with which JupyterHub would not start."""
    values = effective_values(spec)
    _refuse_what_would_not_start(values, spec)
    return {
        "hub": _hub(target, spec, values, sign_in),
        "singleuser": {name: value for name, value in values["singleuser"].items() if value is not None},
        "cull": {name: value for name, value in values["cull"].items() if value is not None},
        **({"custom": values["custom"]} if values.get("custom") else {}),
    }
