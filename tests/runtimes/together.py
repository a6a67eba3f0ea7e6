"""Random combinations of settings that are valid alone: of a sign-in, of services, roles and servers."""

import copy
from random import Random
from typing import Any

from hubs.spec import HubSpec, chart
from hubs.spec.draft import SpecError, parse
from hubs.spec.sign_in import CLASSES
from hubs.spec.sign_in_config import sections

Tree = dict[str, Any]
IDP = "https://login.river.example.edu/idp/shibboleth"
SSO = "https://sso.river.example.edu"
COMPLETE: dict[str, Tree] = {
    "portal": {}, "shared-password": {}, "native": {}, "firstuse": {}, "tmp": {},
    "github": {"github": {"client_id": "me", "allowed_organizations": ["river-lab"]}},
    "google": {"google": {"client_id": "me", "hosted_domain": ["river.example.edu"]}},
    "cilogon": {"cilogon": {"client_id": "me", "institutions": [IDP]}},
    "generic-oauth": {"oauth": {"client_id": "me", "authorize_url": f"{SSO}/a", "token_url": f"{SSO}/t",
                                "userdata_url": f"{SSO}/userinfo", "username_claim": "email"}},
    "lti13": {"lti13": {"issuer": SSO, "client_id": ["me"], "authorize_url": f"{SSO}/a", "jwks_endpoint": f"{SSO}/j"}},
}  # fmt: skip
TEXTS = ("x", "", "mia", "openid", "https://x.example.org/y", "users", "^[a-z]+$", "a-b")
# Settings that depend on others are rare among all traits, so these are drawn more often.
OFTEN = (
    "manage_",
    "scope",
    "group",
    "idp",
    "username_",
    "users",
    "userdata",
    "claim",
    "approval",
    "roles",
    "whitelist",
)
SPAWN = ("oauth_roles", "oauth_client_allowed_scopes", "server_token_scopes", "pod_security_context",
         "container_security_context", "environment", "extra_labels", "mem_limit", "mem_guarantee")  # fmt: skip
SERVICES: tuple[Tree, ...] = (
    {"url": "http://10.0.0.1:8080"}, {"url": "http://10.0.0.1:99999"}, {"url": "ftp://10.0.0.1"}, {},
    {"oauth_client_id": "service-x"}, {"oauth_client_id": "x", "url": "http://10.0.0.1"}, {"oauth_no_confirm": True},
    {"oauth_redirect_uri": "/back"}, {"colour": "red"}, {"admin": True}, {"oauth_client_allowed_scopes": ["nobody"]},
    {"display": False, "info": {"a": 1}}, {"oauth_roles": ["nobody"], "url": "https://x.example.org"}, {"timeout": 5},
    {"oauth_redirect_uri": ""}, {"oauth_redirect_uri": "", "url": "http://10.0.0.1"},
)  # fmt: skip
ROLES: tuple[Tree, ...] = (
    {"scopes": ["list:users"]}, {"scopes": ["nothing"]}, {"scopes": ["read:users!user=mia", "self"]}, {},
    {"scopes": ["read:users!colour=red"]}, {"users": ["mia"]}, {"users": ["a/b"]}, {"services": ["helper"]},
    {"services": ["jupyterhub-idle-culler"]}, {"groups": ["a"], "scopes": ["access:servers"]}, {"description": "x"},
)  # fmt: skip
GROUPS: tuple[Tree, ...] = ({"lab": {"users": ["mia"]}}, {"lab": ["mia"]}, {"lab": {"users": ["a/b"]}}, {"lab": {}})


def _values(name: str, rule: Tree) -> list[Any]:
    """Return values that are valid here, as far as this setting alone is concerned."""
    if "enum" in rule:
        return [one for one in rule["enum"] if one is not None]
    kinds = rule.get("type", "string")
    found: list[Any] = []
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        match kind:
            case "boolean":
                found += [True, False]
            case "integer" | "number":
                found += [rule.get("minimum", 0), 1, 60]
            case "string":
                found += TEXTS
            case "array":
                found += [["x"], ["openid"], ["mia"], [], ["mia", "a/b"], ["list:users"], ["user"]]
            case "object":
                found += [{}, {"a": "x"}, {"mia": "x/y"}, {IDP: {"username_derivation": {"username_claim": "email"}}},
                          {"a": ["x"]}, {"run_as_user": 5}, {"A": '{"user": "{username}", "a": [{}]}'}]  # fmt: skip
    return found


def combined(random: Random, method: str) -> Tree:
    """Return a part of a configuration for this sign-in method: some random settings."""
    found: Tree = {}
    known = chart.schema()["properties"]["hub"]["properties"]["config"]["properties"]
    section = CLASSES.get(method, ("", "GenericOAuthenticator"))[1]
    for _ in range(random.randint(1, 4)):
        one = random.choice(sections(section))
        names = sorted(known[one]["properties"])
        often = [name for name in names if any(part in name for part in OFTEN)]
        name = random.choice(often if random.random() < 0.6 else names)
        if values := _values(name, known[one]["properties"][name]):
            found.setdefault("config", {}).setdefault(one, {})[name] = copy.deepcopy(random.choice(values))
    if random.random() < 0.2:
        name = random.choice(SPAWN)
        values = _values(name, known["KubeSpawner"]["properties"][name])
        found.setdefault("config", {}).setdefault("KubeSpawner", {})[name] = copy.deepcopy(random.choice(values))
    if random.random() < 0.2:
        found.setdefault("config", {})["JupyterHub"] = {"load_groups": copy.deepcopy(random.choice(GROUPS))}
    if random.random() < 0.25:
        found["services"] = {random.choice(["helper", "grader"]): copy.deepcopy(random.choice(SERVICES))}
    if random.random() < 0.3:
        found["loadRoles"] = {random.choice(["readers", "admin", "user"]): copy.deepcopy(random.choice(ROLES))}
    return {"hub": found}


def spec_of(method: str, more: Tree) -> HubSpec | None:
    """Return the complete hub, or None when a setting is refused by itself."""
    sign_in: Tree = {"method": method, **COMPLETE[method], "adminUsers": ["ines@river.example.edu"]}
    if method not in ("portal", "tmp", "lti13"):
        sign_in["allowedUsers"] = ["mia"]
    try:
        return parse({"about": {"title": "Tried"}, "signIn": sign_in, "more": more})
    except SpecError:
        return None
