"""Settings that are valid separately, but together keep a hub from starting, as checked by JupyterHub's own classes.
Pure.

Each rule is a `raise` of JupyterHub 6, OAuthenticator 17 or NativeAuthenticator 1.3. `tests/runtimes/test_together.py`
tests random combinations with the real classes: either there is a sentence here, or the hub starts.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from hubs.language import _
from hubs.spec import chart
from hubs.spec.chart import Tree
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.pods import mapped
from hubs.spec.secrets import OUR_SERVICES
from hubs.spec.shape import complaints, wrong_traits
from hubs.spec.sign_in import CLASSES
from hubs.spec.sign_in_config import OF_GROUPS, said, sections
from hubs.spec.trees import Path, get, split
from hubs.spec.values import ELSEWHERE, KEEPING, PORTAL_RULES

Found = Iterator[tuple[Path, str]]
SCOPES = {"GoogleOAuthenticator": ("openid", "email"),
          "CILogonOAuthenticator": ("openid", "email", "org.cilogon.userinfo")}  # fmt: skip  # requested by default
OLD_IDPS = ("idp_whitelist", "idp", "strip_idp_domain", "shown_idps", "additional_username_claims", "username_claim")
FILTERS = re.compile(r"(user|service|server)|(user|service|group|server)=.+")
DEFAULT_ROLES = ("user", "admin", "server", "token")
SPAWNERS = ("Spawner", "LimitedSpawner", "KubeSpawner", "PeopleSpawner")


def clashes(spec: HubSpec) -> list[tuple[Path, str]]:
    """Return (path in the values, sentence) of settings that keep this hub or its servers from starting, in order."""
    values = spec.effective
    if wrong_traits(values):  # reported elsewhere, and can't be read here
        return []
    section = CLASSES.get(spec.signIn.method, ("", "GenericOAuthenticator"))[1]
    config = mapped(get(values, ("hub", "config")))
    if spec.signIn.method == "portal":  # as provisioning.render.values writes it
        ours: Tree = {"GenericOAuthenticator": {**PORTAL_RULES, "userdata_url": ELSEWHERE}}
        config = {**config, "JupyterHub": {}, "Authenticator": dict(KEEPING), **ours}
    roles, services = _theirs(values, "loadRoles"), _theirs(values, "services")
    known = {*services, *(["jupyterhub-idle-culler"] if get(values, ("cull", "enabled"), True) else [])}
    found = [*_users(config, section), *_oauth(config, section), *_others(config, section), *_spawner(config, roles)]
    found += [*_groups(config, section), *_services(services), *_roles(roles, known, config, section)]
    return list(dict.fromkeys(found))


def by_field(spec: HubSpec) -> dict[str, list[str]]:
    """Return the same by the field in which it was entered."""
    found: dict[str, list[str]] = {}
    for path, words in clashes(spec):
        fields = [one for one in FIELDS.values() if one.values_path and _begins(path, split(one.values_path))]
        in_more = get(spec.more, path, _NOWHERE) is not _NOWHERE
        field = "more" if in_more or not fields else max(fields, key=lambda one: len(one.values_path)).path
        rest = path[len(split(FIELDS[field].values_path)) :] if field != "more" else path
        found.setdefault(field, []).append(f"{'.'.join(rest)}: {words}" if rest else words)
    return found


_NOWHERE = object()


def _begins(path: Path, root: Path) -> bool:
    return path[: len(root)] == root


def _theirs(values: Tree, key: str) -> Tree:
    """Return services or roles without those of the portal (provisioning.render.values)."""
    found = mapped(get(values, ("hub", key)))
    ours = {name for name in found if name in OUR_SERVICES or name.startswith("portal-")}
    return {name: one for name, one in found.items() if name not in ours and isinstance(one, dict)}


def _at(config: Tree, section: str, key: str) -> Path:
    """Return the path at which this setting of a class is set."""
    one = next((one for one in sections(section) if get(config, (one, key)) is not None), section)
    return ("hub", "config", one, key)


# --- who is named -----------------------------------------------------------------------------------------------------
def _why_no_name(name: Any, config: Tree, section: str) -> str:
    """Return why Authenticator.validate_username refuses this user name, or "" if it is valid."""
    if not isinstance(name, str):
        return _("Enter a user name as text.")
    name = name.lower()
    name = mapped(said(config, section, "username_map")).get(name, name)
    if not isinstance(name, str) or "/" in name or not name or set(name) <= {"."} or name != name.strip():
        return _(
            "“{name}” is not a valid user name. A user name can’t be empty, contain a slash, consist of dots, or start "
            "or end with a space.",
            name=str(name)[:60],
        )
    if not re.match(said(config, section, "username_pattern") or "", name):
        return _(
            "“{name}” does not match username_pattern, so the hub would not start. Change one of them.", name=name[:60]
        )
    return ""


def _users(config: Tree, section: str) -> Found:
    try:
        re.compile(said(config, section, "username_pattern") or "")
    except re.error as error:
        words = _("This is not a valid regular expression: {error}.", error=str(error))
        yield _at(config, section, "username_pattern"), words
        return
    instead = "whitelist" if said(config, section, "whitelist") else "allowed_users"
    for key in ("admin_users", instead):
        for name in said(config, section, key) or ():
            if why := _why_no_name(name, config, section):
                yield _at(config, section, key), why
    groups = mapped(get(config, ("JupyterHub", "load_groups")))
    for name, one in groups.items():
        at: Path = ("hub", "config", "JupyterHub", "load_groups", str(name))
        users = one.get("users", []) if isinstance(one, dict) else one
        if not isinstance(users, list):
            yield at, _("Enter a list of user names.")
            continue
        yield from ((at, why) for user in users if (why := _why_no_name(user, config, section)))


def _groups(config: Tree, section: str) -> Found:
    if get(config, ("JupyterHub", "load_groups")) and said(config, section, "manage_groups"):
        yield (
            ("hub", "config", "JupyterHub", "load_groups"),
            _(
                "Groups come from the sign-in (manage_groups), so JupyterHub accepts no other groups. Remove this, or "
                "turn off manage_groups."
            ),
        )


# --- authenticators ---------------------------------------------------------------------------------------------------
def _oauth(config: Tree, section: str) -> Found:
    if "OAuth" not in section:
        return
    for key in OF_GROUPS:
        if said(config, section, key) and not said(config, section, "manage_groups"):
            words = _("{setting} needs manage_groups: true. Change one of them.", setting=key)
            yield _at(config, section, "manage_groups"), words
    if said(config, section, "claim_groups_key") == "" and section == "GenericOAuthenticator":
        yield _at(config, section, "claim_groups_key"), _("The name of the field is empty. Enter it, or remove this.")
    asked = said(config, section, "scope")
    asked = SCOPES.get(section, ()) if asked is None else asked
    if lost := [one for one in said(config, section, "allowed_scopes") or () if one not in asked]:
        yield (
            _at(config, section, "allowed_scopes"),
            _("Allowed scopes must be requested. Add {scopes} to scope, or remove it here.", scopes=", ".join(lost)),
        )
    if said(config, section, "userdata_from_id_token") and said(config, section, "userdata_url"):
        yield (
            _at(config, section, "userdata_from_id_token"),
            _("User data come either from the token or from userdata_url, not from both. Remove one of them."),
        )
    if section == "CILogonOAuthenticator":
        yield from _cilogon(config, section)


def _cilogon(config: Tree, section: str) -> Found:
    for key in OLD_IDPS:
        old = said(config, section, key)
        if old or isinstance(old, list):  # an empty list also contradicts idps
            yield (
                _at(config, section, key),
                _("CILogonOAuthenticator no longer accepts this. Set it for each institution in idps."),
            )
    for key in ("idps", "allowed_idps"):
        idps = said(config, section, key)
        at = _at(config, section, key)
        if idps == {}:
            yield at, _("Add at least one institution.")
        for name in mapped(idps):
            if urlsplit(name).scheme not in ("urn", "https", "http"):
                yield (
                    at,
                    _("“{name}” is not an entity ID. Entity IDs begin with https://, http:// or urn:.", name=name[:80]),
                )
        if key == "allowed_idps" and mapped(idps):
            as_idps = {"hub": {"config": {section: {"idps": idps}}}}
            yield from (((*at, *path[4:]), words) for path, words in complaints(as_idps))


def _others(config: Tree, section: str) -> Found:
    by_password = said(config, section, "password_groups") if section == "SharedPasswordAuthenticator" else None
    if by_password == {}:
        yield _at(config, section, "password_groups"), _("Enter a password with its groups, or remove this.")
    elif by_password and not said(config, section, "manage_groups"):
        yield _at(config, section, "password_groups"), _("This also needs manage_groups: true.")
    if section == "GoogleOAuthenticator":
        for domain, groups in mapped(said(config, section, "google_group_whitelist")).items():
            if not isinstance(groups, list):
                words = _("{domain}: Enter a list of groups.", domain=domain)
                yield _at(config, section, "google_group_whitelist"), words
    if said(config, section, "manage_roles") and said(config, section, "reset_managed_roles_on_startup"):
        yield (
            _at(config, section, "reset_managed_roles_on_startup"),
            _("No sign-in method of the portal’s hubs provides roles, so there are none to reset. Remove this."),
        )


# --- services and roles -----------------------------------------------------------------------------------------------
def _services(services: Tree) -> Found:
    for name, one in services.items():
        at: Path = ("hub", "services", name)
        for key in one:
            if key not in (*chart.schema()["service"], "apiToken"):
                yield (*at, key), _("Services have no such setting. Remove it.")
        client, back, url = (one.get(key) for key in ("oauth_client_id", "oauth_redirect_uri", "url"))
        if url and (why := _why_no_address(url)):
            yield (*at, "url"), why
        if client is not None and not client.startswith("service-"):
            yield (*at, "oauth_client_id"), _("This must begin with “service-”.")
        if back == "" and url:
            yield (*at, "oauth_redirect_uri"), _("Enter an address, or remove this.")
        elif (client is not None or one.get("oauth_no_confirm")) and not (url or back):
            yield at, _("A service that people sign in to needs a url or an oauth_redirect_uri.")


def _why_no_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        right = False
    return "" if right else _("Enter an address such as http://10.0.0.1:8080, with a port of at most 65535.")


def why_no_scope(text: str) -> str:
    """Return why JupyterHub refuses this scope, or "" if it is valid."""
    scope, mark, rest = text.partition("!")
    if scope not in chart.schema()["scopes"]:
        return _("JupyterHub has no scope “{scope}”. Check the spelling.", scope=scope[:60])
    if not mark or FILTERS.fullmatch(rest):
        return ""
    return _("“!{filter}” is not a valid filter. Use !user, or !user=mia.", filter=rest[:60])


def _roles(roles: Tree, services: set[str], config: Tree, section: str) -> Found:
    managed = said(config, section, "manage_roles")
    for name, one in roles.items():
        at: Path = ("hub", "loadRoles", name)
        for key in ("scopes", "description") if name == "admin" else ():
            if key in one:
                words = _("JupyterHub’s own role “admin” has all permissions and can’t be changed. Remove this.")
                yield (*at, key), words
        for scope in one.get("scopes", ()):
            if why := why_no_scope(scope):
                yield (*at, "scopes"), why
        for service in one.get("services", ()):
            if service not in services:
                words = _("There is no service “{name}” in this hub. Add it first.", name=str(service)[:60])
                yield (*at, "services"), words
        for user in one.get("users", ()):
            if why := _why_no_name(user, config, section):
                yield (*at, "users"), why
        if managed and (one.get("users") or one.get("groups")):
            yield at, _("Roles come from the sign-in (manage_roles). Remove users and groups.")


# --- people's servers -------------------------------------------------------------------------------------------------
def _spawner(config: Tree, roles: Tree) -> Found:
    known = {*DEFAULT_ROLES, *roles, "portal"}
    for section in SPAWNERS:
        traits = mapped(config.get(section))
        at: Path = ("hub", "config", section)
        for key in ("pod_security_context", "container_security_context"):
            if wrong := [name for name in mapped(traits.get(key)) if "_" in name]:
                yield (*at, key), _("“{name}”: Use Kubernetes’ spelling, such as runAsUser.", name=wrong[0])
        for scope in traits.get("server_token_scopes") or ():
            if why := why_no_scope(scope):
                yield (*at, "server_token_scopes"), why
        for role in traits.get("oauth_roles") or ():
            if role not in known:
                yield (*at, "oauth_roles"), _("There is no role “{name}” in this hub.", name=str(role)[:60])
