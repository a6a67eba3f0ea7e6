"""A spec as Zero to JupyterHub values, and nothing else: no address, no secret, no word of the portal's.

Most fields stand at their own path (Field.values_path). What is composed stands in composed.py, and the sign-in here;
its opposite in imports.py.
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
PORTAL_RULES = {  # of `GenericOAuthenticator`, whoever the provider is
    "scope": ["openid", "profile", "email", "groups"],
    "username_claim": "preferred_username",
    "auth_state_groups_key": "oauth_user.groups",
    "allowed_groups": ["users", "admins"],
    "admin_groups": ["admins"],
    "enable_pkce": True,
}
ELSEWHERE_SAID = ("homePage.text", "more")  # by whoever renders or exports, or last


def _plain(value: Any) -> Any:
    """As a file holds it; a copy, because what is written here is written on."""
    return [_plain(one) for one in value] if isinstance(value, tuple) else copy.deepcopy(value)


def _said(field: Field, spec: HubSpec) -> bool:
    """What was left open is not written: the chart then does what it does."""
    value = field.read(spec)
    if value in (None, "", (), {}) or not field.asked(spec):
        return False
    if field.words.advanced and value == chart.default(split(field.values_path)):
        return False  # what few ask for is not in everybody's file
    return value is not False or field.optional or not field.values_path.startswith("hub.config.")


def _elsewhere(title: str) -> Tree:
    """Whoever the next home trusts: the same rules, in the same words, of another provider."""
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
    """What somebody reads whom the portal does not let in."""
    return f"You are not on the list of “{title}”. Ask the person who runs it to add you, then sign in again."


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
    """The values of this spec. `secrets` are the paths where one belongs: it stands there as REPLACED.

    Of the portal's own sign-in nothing is said, because only whoever renders knows its addresses. With `elsewhere` it
    is written as any OpenID Connect provider's, with addresses to be replaced. `literal`: only what the fields and
    `more` say, without what the way to sign in needs beside them.
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
