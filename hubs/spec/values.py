"""Convert a spec to Zero to JupyterHub values, without addresses, secrets or settings of the portal.

Most fields have their own path (Field.values_path). Composed ones are in composed.py, the sign-in is here; the opposite
is in imports.py.
"""

import copy
from collections.abc import Iterable
from typing import Any

from hubs.spec import chart
from hubs.spec.chart import Tree
from hubs.spec.composed import COMPOSED
from hubs.spec.fields import FIELDS, Field
from hubs.spec.hub import HubSpec
from hubs.spec.profiles import as_values
from hubs.spec.secrets import REPLACED
from hubs.spec.sign_in import CALLBACK, CLASSES
from hubs.spec.sign_in_config import completed
from hubs.spec.trees import Path, get, overlay, put, split

ELSEWHERE = "https://to-be-replaced.example.org"
KEEPING = {"auto_login": True, "enable_auth_state": True, "manage_groups": True}  # of `Authenticator`
PORTAL_RULES = {  # of `GenericOAuthenticator`, for any provider
    "scope": ["openid", "profile", "email", "groups"],
    "username_claim": "preferred_username",
    "auth_state_groups_key": "oauth_user.groups",
    "allowed_groups": ["users", "admins"],
    "admin_groups": ["admins"],
    "enable_pkce": True,
}
ELSEWHERE_SAID = ("homePage.text", "more")  # written by render and export, or last


def _plain(value: Any) -> Any:
    """Return a copy in the format of a file; a copy, because the result is modified."""
    return [_plain(one) for one in value] if isinstance(value, tuple) else copy.deepcopy(value)


def _said(field: Field, spec: HubSpec) -> bool:
    """Whether a field is written. Empty ones are not: the chart's default applies."""
    value = field.read(spec)
    if value in (None, "", (), {}) or not field.asked(spec):
        return False
    if field.words.advanced and value == chart.default(split(field.values_path)):
        return False  # defaults of advanced fields are not written
    return value is not False or field.optional or not field.values_path.startswith("hub.config.")


def _elsewhere(title: str) -> Tree:
    """Return the portal's sign-in rules for another provider, for use outside the portal."""
    return {
        "JupyterHub": {"authenticator_class": "generic-oauth"},
        "GenericOAuthenticator": {
            "client_id": REPLACED,
            "authorize_url": f"{ELSEWHERE}/authorize",
            "token_url": f"{ELSEWHERE}/token",
            "userdata_url": f"{ELSEWHERE}/userinfo",
            "oauth_callback_url": f"{ELSEWHERE}/{CALLBACK}",
            **PORTAL_RULES,
            "login_service": "your account",
            "custom_403_message": not_on_the_list(title),
        },
    }


def not_on_the_list(title: str) -> str:
    """Return the message for people without access. hubside/common/pages/error.html looks for “not on the list”."""
    return f"You are not on the list of “{title}”. Ask a hub admin to add you, then sign in again."


def _sign_in(tree: Tree, spec: HubSpec, elsewhere: bool) -> None:
    method = spec.signIn.method
    if method == "portal" and not elsewhere:
        return
    if method == "portal":
        put(tree, ("hub", "config"), {**_elsewhere(spec.about.title), **tree["hub"].get("config", {})})
        put(tree, ("hub", "config", "Authenticator"), {**tree["hub"]["config"].get("Authenticator", {}), **KEEPING})
        return
    put(tree, ("hub", "config", "JupyterHub", "authenticator_class"), CLASSES[method][0])
    if method == "tmp":
        put(tree, ("hub", "config", "Authenticator", "allow_all"), True)


def to_values(spec: HubSpec, secrets: Iterable[Path] = (), *, elsewhere: bool = False, literal: bool = False) -> Tree:
    """Return the values of this spec. `secrets` are the paths of secrets, which are written as REPLACED.

    The portal's own sign-in is left out, because only the renderer knows its addresses. With `elsewhere`, it is
    written for any OpenID Connect provider, with addresses to be replaced. `literal`: only what the fields and `more`
    contain, without what the sign-in method needs in addition.
    """
    tree: Tree = {"hub": {}, "singleuser": {}, "cull": {}}
    for field in FIELDS.values():
        if field.values_path and field.path not in ELSEWHERE_SAID and _said(field, spec):
            value = field.read(spec)
            put(tree, split(field.values_path), as_values(value) if field.kind == "profiles" else _plain(value))
    if spec.singleuser.storage.type != "dynamic":
        tree["singleuser"]["storage"].pop("capacity", None)
    _sign_in(tree, spec, elsewhere)
    for one in COMPOSED:
        one.write(tree, spec)
    overlay(tree, spec.more)
    config = get(tree, ("hub", "config"), {})
    if not literal and isinstance(config, dict) and (config := completed(config, spec.signIn.method)):
        put(tree, ("hub", "config"), config)
    for path in secrets:
        put(tree, path, REPLACED)
    return tree
