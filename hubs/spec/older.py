"""Translate other formats to current values: The Littlest JupyterHub's config.yaml, and `auth:` of Zero to JupyterHub
before 1.0. Settings without a counterpart are reported. Pure.

Sources: tljh.jupyter.org, "tljh-config"; the chart's own table of renamed settings in its version 1.0.
"""

import re
from collections.abc import Iterable

from hubs.language import _, lazy
from hubs.spec.authenticators import AUTHENTICATOR
from hubs.spec.chart import Tree
from hubs.spec.trees import Path, get, leaves, overlay, put, split

Moves = list[tuple[Path, Path]]  # (old path, current path; () if there is none)
CONFIG: Path = ("hub", "config")

# --- The Littlest JupyterHub ------------------------------------------------------------------------------------------
LITTLEST = {"users", "limits", "user_environment", "traefik_api", "https", "http", "auth", "services", "base_url"}
LITTLEST_ALONE = {"users", "limits", "user_environment", "traefik_api", "https"}  # each of these identifies the format
LITTLEST_SAID = lazy(
    "This is the config.yaml of The Littlest JupyterHub. Settings that Zero to JupyterHub also has were translated. "
    "Software on that machine is not in the file: choose an image that contains it."
)
FIRST_USE = lazy(
    "The file sets no sign-in method. In this case, people of The Littlest JupyterHub set a password at their first "
    "sign-in, and this draft does the same."
)
LITTLEST_MOVES = {
    "users.admin": "hub.config.Authenticator.admin_users",
    "users.allowed": "hub.config.Authenticator.allowed_users",
    "users.banned": "hub.config.Authenticator.blocked_users",
    "limits.memory": "singleuser.memory.limit",
    "limits.cpu": "singleuser.cpu.limit",
    "user_environment.default_app": "singleuser.defaultUrl",
    "services.cull.max_age": "cull.maxAge",
    "services.cull.remove_named_servers": "cull.removeNamedServers",
    **{f"services.cull.{name}": f"cull.{name}" for name in ("enabled", "timeout", "every", "concurrency", "users")},
    "auth.type": ".".join(AUTHENTICATOR),
}
APPS = {"jupyterlab": "/lab", "lab": "/lab", "classic": "/tree", "notebook": "/tree"}
BY_HAND = {
    "https": lazy("The portal creates the address and its certificate."),
    "http": lazy("The portal creates the address and its certificate."),
    "traefik_api": lazy("The portal runs the proxy."),
    "base_url": lazy("The portal sets the address of the hub."),
    "users.extra_user_groups": lazy("Add people to groups on the hub’s page “People”."),
    "services": lazy("Ask staff for a service that you need."),
}

# --- `auth:` before 1.0 -----------------------------------------------------------------------------------------------
OLD_TYPES = {  # auth.type: (current name, class)
    **{name: (name, f"{letters}OAuthenticator") for name, letters in (
        ("github", "GitHub"), ("google", "Google"), ("cilogon", "CILogon"), ("gitlab", "GitLab"),
        ("azuread", "AzureAd"), ("globus", "Globus"), ("mediawiki", "MW"), ("bitbucket", "Bitbucket"))},
    "dummy": ("dummy", "DummyAuthenticator"),
    "tmp": ("tmp", "TmpAuthenticator"),
    "lti": ("lti11", "LTI11Authenticator"),
    "ldap": ("ldapauthenticator.LDAPAuthenticator", "LDAPAuthenticator"),
    "hmac": ("hmacauthenticator.HMACAuthenticator", "HMACAuthenticator"),
}  # fmt: skip
OLD_MOVES = {
    "auth.admin.users": "hub.config.Authenticator.admin_users",
    "auth.admin.access": "hub.config.JupyterHub.admin_access",
    "auth.whitelist.users": "hub.config.Authenticator.allowed_users",
    "auth.blacklist.users": "hub.config.Authenticator.blocked_users",
    "auth.state.enabled": "hub.config.Authenticator.enable_auth_state",
}
OLD_NAMES = {  # of a class's settings; others only change from camelCase to snake_case
    "callback_url": "oauth_callback_url",
    "org_whitelist": "allowed_organizations",
    "gitlab_group_whitelist": "allowed_gitlab_groups",
    "gitlab_project_id_whitelist": "allowed_project_ids",
    "idp_whitelist": "allowed_idps",
    "scopes": "scope",
    "server.address": "server_address",
    "server.port": "server_port",
    "server.ssl": "use_ssl",
    "dn.templates": "bind_dn_template",
    "dn.lookup": "lookup_dn",
    "dn.search.filter": "lookup_dn_search_filter",
    "dn.search.user": "lookup_dn_search_user",
    "dn.search.password": "lookup_dn_search_password",
    "dn.user.escape": "escape_userdn",
    "dn.user.valid_regex": "valid_username_regex",
    "dn.user.search_base": "user_search_base",
    "dn.user.attribute": "user_attribute",
}
LISTS = (
    "hosted_domain",
    "allowed_organizations",
    "scope",
    "admin_users",
    "allowed_users",
)  # formerly also a single text
OLD_SAID = lazy("“auth:” is the sign-in format of Zero to JupyterHub before version 1.0. It was translated:")
NOWHERE = lazy(
    "There is no current setting for it. See the documentation of your sign-in service, and enter it by hand."
)
OUR_KEY = lazy("The portal creates this key for each hub.")


def translated(values: Tree) -> tuple[Tree, list[str]]:
    """Return the values in the current format, and notes about it. Current values stay unchanged."""
    if is_littlest(values):
        return _littlest(values)
    if isinstance(values.get("auth"), dict) and values["auth"]:
        return _old_auth(values)
    return values, []


def is_littlest(values: Tree) -> bool:
    """Whether this is the configuration of The Littlest JupyterHub."""
    if not values or not values.keys() <= LITTLEST:
        return False
    auth = values.get("auth")
    named = isinstance(auth, dict) and ("." in str(auth.get("type")) or any(_is_class(str(name)) for name in auth))
    return bool(named or LITTLEST_ALONE & values.keys() or isinstance(get(values, ("services", "cull")), dict))


def _is_class(name: str) -> bool:
    return name.endswith("Authenticator")


def _inside(path: Path, names: Iterable[str]) -> str:
    return next((name for name in names if path[: len(split(name))] == split(name)), "")


def _littlest(values: Tree) -> tuple[Tree, list[str]]:
    found: Tree = {}
    notes = [str(LITTLEST_SAID)]
    for path, value in leaves(values):
        name, root = ".".join(path), _inside(path, LITTLEST_MOVES)
        if path == ("user_environment", "default_app"):
            value = APPS.get(str(value))
        if root and value is not None:
            new = (*split(LITTLEST_MOVES[root]), *path[len(split(root)) :])
        elif path[0] == "auth" and len(path) > 2 and _is_class(path[1]):
            new = (*CONFIG, *path[1:])
        else:
            root = _inside(path, BY_HAND)
            why = BY_HAND[root] if root else _("The portal has no setting for it.")
            notes.append(f"{name}: {why}")
            continue
        put(found, new, value)
        notes.append(_became(name, new))
    if get(found, AUTHENTICATOR) is None and ("users" in values or "auth" in values):
        put(found, AUTHENTICATOR, "firstuse")
        notes.append(str(FIRST_USE))
    return found, notes


def _became(name: str, new: Path) -> str:
    return _("{old} became {new}.", old=name, new=".".join(new))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _today(path: Path, class_name: str) -> Path:
    """Return the current path of this setting of `auth`; () if there is none."""
    if root := _inside(path, OLD_MOVES):
        return split(OLD_MOVES[root])
    if path == ("auth", "type"):
        return AUTHENTICATOR
    if path == ("auth", "scopes") and class_name:
        return (*CONFIG, class_name, "scope")
    if path[:3] == ("auth", "custom", "config") and len(path) > 3 and class_name:
        return (*CONFIG, class_name, *path[3:])
    if path[1] not in OLD_TYPES or len(path) < 3:
        return ()
    of = OLD_TYPES[path[1]][1]
    if path[2] == "consumers":  # its keys are user-defined
        return (*CONFIG, of, *path[2:])
    name = ".".join(_snake(part) for part in path[2:])
    name = OLD_NAMES.get(name, name)
    return () if "." in name else (*CONFIG, of, name)


def _old_auth(values: Tree) -> tuple[Tree, list[str]]:
    auth = values["auth"]
    kind, custom = str(auth.get("type")), get(auth, ("custom", "className"))
    entry, class_name = OLD_TYPES.get(kind, ("", ""))
    if kind == "custom" and isinstance(custom, str):
        entry, class_name = custom, custom.rpartition(".")[2]
    found: Tree = {}
    notes = [str(OLD_SAID)]
    for path, value in leaves({"auth": auth}):
        name, new = ".".join(path), _today(path, class_name)
        if path == ("auth", "custom", "className"):
            new = AUTHENTICATOR if kind == "custom" else ()
        if path == ("auth", "type") and kind == "custom":
            continue  # className sets it
        if path == ("auth", "type"):
            new, value = (new, entry) if entry else ((), value)
        if not new:
            notes.append(f"{name}: {OUR_KEY if path[:2] == ('auth', 'state') else NOWHERE}")
            continue
        put(found, new, [value] if new[-1] in LISTS and isinstance(value, str) else value)
        notes.append(_became(name, new))
    overlay(found, {name: one for name, one in values.items() if name != "auth"})
    return found, notes
