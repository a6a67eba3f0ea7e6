"""A hub's spec as Zero to JupyterHub values. Every runtime configures its hub from this same tree; it holds no secret.

Source of the names: z2jh chart 4.4.0, values.yaml. Who may enter is not in here: the portal says so at each sign-in.
"""

from dataclasses import dataclass
from typing import Any

from hubs.spec import HubSpec
from provisioning.contract import Target
from provisioning.names import base_path, oauth_callback
from provisioning.render.text import safe_html

# Works on JupyterHub 5 and 6. No `shares`: JupyterHub 5.5.0 has an advisory about them.
PORTAL_SCOPES = [
    "list:users", "read:users", "admin:users", "read:servers", "servers", "list:groups", "read:groups",
    "admin:groups", "read:hub", "read:metrics", "proxy",
]  # fmt: skip


@dataclass(frozen=True)
class PortalSignIn:
    """How a hub finds the portal's OpenID Connect provider. The client's secret travels with the other secrets."""

    client_id: str
    authorize_url: str
    token_url: str
    userdata_url: str
    portal_url: str  # where people find whom to ask


def _portal(target: Target, title: str, sign_in: PortalSignIn) -> dict[str, Any]:
    return {
        "JupyterHub": {"authenticator_class": "generic-oauth"},
        "Authenticator": {"auto_login": True, "enable_auth_state": True, "manage_groups": True},
        "GenericOAuthenticator": {
            "client_id": sign_in.client_id,
            "authorize_url": sign_in.authorize_url,
            "token_url": sign_in.token_url,
            "userdata_url": sign_in.userdata_url,
            "oauth_callback_url": oauth_callback(target.url),
            "scope": ["openid", "profile", "email", "groups"],
            "username_claim": "preferred_username",
            "auth_state_groups_key": "oauth_user.groups",
            "allowed_groups": ["users", "admins"],
            "admin_groups": ["admins"],
            "enable_pkce": True,
            "login_service": "the portal",
            "custom_403_message": (
                f"You are not on the list of “{title}”. Ask the person who runs it to add you, then sign in again."
            ),
        },
    }


def _temporary() -> dict[str, Any]:
    return {
        "JupyterHub": {"authenticator_class": "tmp"},
        "Authenticator": {"auto_login": True, "allow_all": True},
    }


def _hub(target: Target, spec: HubSpec, sign_in: PortalSignIn) -> dict[str, Any]:
    title = spec.about.title
    values: dict[str, Any] = {
        "baseUrl": base_path(target.url),
        "concurrentSpawnLimit": 64,
        "allowNamedServers": False,
        "templateVars": {
            "announcement": safe_html(spec.homePage.text),
            "portal_url": sign_in.portal_url,
        },
        "loadRoles": {"portal": {"services": ["portal"], "scopes": PORTAL_SCOPES}},
        "config": _portal(target, title, sign_in) if spec.signIn.method == "portal" else _temporary(),
    }
    if spec.hub.activeServerLimit:
        values["activeServerLimit"] = spec.hub.activeServerLimit
    return values


def hub_values(target: Target, spec: HubSpec, sign_in: PortalSignIn) -> dict[str, Any]:
    """The values of one hub, JSON-able."""
    user = spec.singleuser
    storage: dict[str, Any] = {"type": user.storage.type}
    if user.storage.type == "dynamic":
        storage["capacity"] = user.storage.capacity
    cull = spec.cull
    return {
        "hub": _hub(target, spec, sign_in),
        "singleuser": {
            "image": {"name": user.image.name, "tag": user.image.tag},
            "defaultUrl": user.defaultUrl,
            "startTimeout": user.startTimeout,
            "memory": {"limit": user.memory.limit, "guarantee": user.memory.guarantee},
            "cpu": {"limit": user.cpu.limit, "guarantee": user.cpu.guarantee},
            "storage": storage,
        },
        "cull": {
            "enabled": cull.enabled,
            "timeout": cull.timeout,
            "every": cull.every,
            "maxAge": cull.maxAge,
            "users": cull.users,
        },
    }
