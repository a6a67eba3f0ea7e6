"""What is missing in a sign-in so that people can sign in. Pure.

Drafts, starting points and imported files may be incomplete; requests that are sent must be complete.
"""

from collections.abc import Iterator
from typing import Any

from hubs.language import _, lazy
from hubs.spec.authenticators import not_offered
from hubs.spec.chart import Tree
from hubs.spec.hub import HubSpec
from hubs.spec.secrets import REPLACED
from hubs.spec.sign_in import ALLOW_RULES, CLASSES, HAS_LIST, REQUIRED, SignIn
from hubs.spec.sign_in_config import allow_rules, said
from hubs.spec.together import by_field, why_no_scope
from hubs.spec.trees import get
from hubs.spec.values import to_values

FILL_IN = lazy("Please fill this in. Without it, no one can sign in.")
NOBODY = lazy("Choose who has access. At the moment, no one can sign in.")
CLAIM = lazy("Please fill this in: the hub needs a claim for the user name. Until now, the default was “username”.")
NO_SUB = lazy(
    "CILogon’s IDs (sub) contain slashes, which JupyterHub does not allow in user names. Choose another claim."
)
NO_OPENID = lazy("OpenID Connect needs the scope “openid”. Add it here.")

NO_GOOGLE_GROUPS = lazy(
    "Google groups need a Google library and a key file in the hub, which the portal’s hubs do not have, so no one "
    "could sign in. Remove the groups, and allow users or a domain instead."
)
NOBODY_OPENS = lazy("A hub admin has to approve people who sign up. Add a hub admin, or add allowed users.")
# The claims of each scope (OpenID Connect Core 1.0, section 5.4).
BRINGS = {
    "email": ("email",),
    "profile": ("name", "nickname", "preferred_username", "given_name", "family_name", "middle_name", "profile"),
}
# Other settings of OAuthenticator that can replace a field.
INSTEAD = {
    "institutions": ("idps", "allowed_idps"),
    "userdata_url": ("userdata_url", "userdata_from_id_token"),
    "username_claim": ("username_claim", "username_key"),
}
Found = Iterator[tuple[str, str]]


def lacking(spec: HubSpec) -> dict[str, list[str]]:
    """Return sentences by path of the field; {} if nothing is missing. Include settings that keep the hub from starting
    (hubs.spec.together). Secrets are not checked here."""
    found: dict[str, list[str]] = {}
    if words := not_offered(spec.more, spec.signIn.method):
        found["more"] = [words]
    if (method := spec.signIn.method) in CLASSES:
        config = get(to_values(spec), ("hub", "config"), {})
        for rule in (_unfilled, _unclaimed, _unopened):
            for path, sentence in rule(spec.signIn, CLASSES[method][1], config):
                found.setdefault(f"signIn.{path}", []).append(str(sentence))
        # The secret itself has at least 8 characters: hubs.requests.services.secrets.
        native = get(config, (CLASSES["native"][1],), {}) if method == "native" else {}
        if native.get("allow_self_approval_for") and not native.get("secret_key"):
            found.setdefault("more", []).append(_no_key())
    if any(key.endswith("google_groups") for key in get(spec.more, ("hub", "config", "GoogleOAuthenticator")) or ()):
        found.setdefault("more", []).append(str(NO_GOOGLE_GROUPS))
    if unknown := [why for scope in spec.hub.serverScopes if (why := why_no_scope(scope))]:  # servers would not start
        found["hub.serverScopes"] = unknown
    for path, sentences in by_field(spec).items():
        found[path] = [*found.get(path, []), *sentences]
    return found


def _no_key() -> str:
    setting = "hub.config.NativeAuthenticator.allow_self_approval_for"
    return _("{setting} also needs secret_key. Add it as “{text}”.", setting=setting, text=REPLACED)


def _unfilled(asked: SignIn, section: str, config: Tree) -> Found:
    part, names = REQUIRED.get(asked.method, ("", ()))
    for name in names:
        elsewhere = any(said(config, section, key) for key in INSTEAD.get(name, (name,)))
        if not getattr(getattr(asked, part), name) and not elsewhere:
            yield f"{part}.{name}", CLAIM if name == "username_claim" else FILL_IN


def _unclaimed(asked: SignIn, section: str, config: Tree) -> Found:
    """Yield claims for the user name that the sign-in would not provide."""
    if asked.method == "cilogon":
        by_number = [one for one in asked.cilogon.rules() if one.username_claim == "sub"]
        if asked.cilogon.username_claim == "sub":
            yield "cilogon.username_claim", NO_SUB
        elif by_number:
            yield "cilogon.institutions", f"{by_number[0].entity_id}: {NO_SUB}"
    if asked.method == "generic-oauth":
        scope: Any = said(config, section, "scope") or []
        if "openid" not in scope and asked.oauth.userdata_url.rstrip("/").endswith("/userinfo"):
            yield "oauth.scope", NO_OPENID
        for name, claims in BRINGS.items():
            if "openid" in scope and name not in scope and asked.oauth.username_claim in claims:
                claim = asked.oauth.username_claim
                yield "oauth.scope", _("“{claim}” needs the scope “{scope}”. Add it here.", claim=claim, scope=name)


def _unopened(asked: SignIn, section: str, config: Tree) -> Found:
    """Yield if no one has access: JupyterHub's `allow_all` is False by default."""
    if asked.method not in HAS_LIST:
        return
    rules = allow_rules(config, section)
    if not rules:
        yield ALLOW_RULES.get(asked.method, "allowedUsers"), NOBODY
    elif asked.method == "native" and not (
        said(config, section, "allowed_users") or said(config, section, "admin_users")
        or said(config, section, "open_signup") or said(config, section, "allow_self_approval_for")
    ):  # fmt: skip
        yield "adminUsers", NOBODY_OPENS
