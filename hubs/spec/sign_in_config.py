"""Settings that JupyterHub's authenticators need in addition to what was entered, so that access works. Pure.

Each rule states what the class does without it. tests/runtimes/test_authenticators.py tests them with the classes.
"""

import copy
from typing import Any

from hubs.spec.chart import Tree
from hubs.spec.sign_in import CLASSES, OAUTH, SignIn
from hubs.spec.trees import get

NAMES = ("admin_users", "allowed_users", "blocked_users")
# Named like rules, but they grant no access.
NO_RULES = ("allow_existing_users", "allow_2fa", "allow_self_approval_for", "allowed_failed_logins", "allowed_idps")
OF_GROUPS = ("allowed_groups", "admin_groups", "auth_state_groups_key", "claim_groups_key")


def completed(config: Tree, method: str) -> Tree:
    """Return `hub.config` with the settings that follow from it. Explicit settings stay unchanged."""
    if method not in CLASSES:
        return config
    config = copy.deepcopy(config)
    section = CLASSES[method][1]
    if not isinstance(config.setdefault(section, {}), dict):
        return config
    if method == "github":
        _github(config)
    if method == "google":
        _google(config)
    if method == "cilogon":
        _cilogon(config)
    if method in OAUTH and any(said(config, section, key) for key in OF_GROUPS):
        # OAuthenticator 17: "allowed_groups requires manage_groups to also be set", and the hub does not start.
        config[section].setdefault("manage_groups", True)
    if method in ("lti13", "tmp") and not allow_rules(config, section):
        # JupyterHub 5 allows no one by default; here, everyone in the course or with the link has access.
        config[section]["allow_all"] = True
    if not config[section]:
        del config[section]
    return config


def sections(section: str) -> tuple[str, ...]:
    """Return a class and its base classes, nearest first, because settings of a base class count, too."""
    above = ("OAuthenticator",) if "OAuth" in section else ()
    return (section, *above, "Authenticator")


def said(config: Tree, section: str, key: str) -> Any:
    """Return the value of a class's setting in `hub.config`; None if it is not set."""
    return next((found for one in sections(section) if (found := get(config, (one, key))) is not None), None)


def allow_rules(config: Tree, section: str) -> dict[str, Any]:
    """Return the settings that give people access."""
    found: dict[str, Any] = {}
    for one in reversed(sections(section)):
        traits = get(config, (one,))
        found |= {str(key): value for key, value in traits.items()} if isinstance(traits, dict) else {}
    if section == "CILogonOAuthenticator" and not any(map(_opens, _institutions(found))):
        found.pop("idps", None)
    names = [key for key in found if key.startswith(("allow", "admin_groups", "idps")) and key not in NO_RULES]
    return {key: found[key] for key in names if found[key]}


def _institutions(traits: Tree) -> list[Any]:
    idps = traits.get("idps") or traits.get("allowed_idps")
    return list(idps.values()) if isinstance(idps, dict) else []


def _opens(institution: Any) -> bool:
    """Whether this institution gives access to people who are not listed."""
    return isinstance(institution, dict) and bool(institution.get("allow_all") or institution.get("allowed_domains"))


def _github(config: Tree) -> None:
    own = config["GitHubOAuthenticator"]
    teams = said(config, "GitHubOAuthenticator", "manage_groups") or own.get("populate_teams_in_auth_state")
    if teams:
        # With enable_auth_state, groups are refreshed before each start, not only at sign-in.
        own |= {"populate_teams_in_auth_state": True, "manage_groups": True, "enable_auth_state": True}
    if teams or own.get("allowed_organizations"):
        # Otherwise GitHub returns public members only, and the hub logs "read:org scope is required".
        scope = said(config, "GitHubOAuthenticator", "scope")
        scope = scope if isinstance(scope, list) else []
        own["scope"] = scope if "read:org" in scope else [*scope, "read:org"]


def _google(config: Tree) -> None:
    """Apply GoogleOAuthenticator.strip_domain to listed names: with one domain, ines@example.edu becomes ines."""
    domains = said(config, "GoogleOAuthenticator", "hosted_domain") or []
    domains = [domains] if isinstance(domains, str) else domains
    domains = [one.lower() for one in domains if isinstance(one, str)] if isinstance(domains, list) else []
    strips = said(config, "GoogleOAuthenticator", "strip_domain")
    if not (len(domains) <= 1 if strips is None else strips):
        return
    for one in sections("GoogleOAuthenticator"):
        for key in NAMES:
            if isinstance(names := get(config, (one, key)), list):
                config[one][key] = list(dict.fromkeys(_stripped(name, domains) for name in names))


def stripped_domain(asked: SignIn) -> str:
    """Return the domains that are removed from user names, by default Google's if there is only one. With a second one,
    all user names change."""
    domains = asked.google.hosted_domain if asked.method == "google" else ()
    strips = len(domains) == 1 if asked.google.strip_domain is None else asked.google.strip_domain
    return " ".join(sorted(domains)) if strips else ""


def how_named(asked: SignIn) -> dict[str, tuple[str, ...]]:
    """Return how user names are made for each CILogon institution."""
    rules = asked.cilogon.rules() if asked.method == "cilogon" else ()
    return {one.entity_id: (one.username_claim, one.action, one.domain, one.prefix) for one in rules}


def _cilogon(config: Tree) -> None:
    """Add listed names without the domain that CILogonOAuthenticator's strip_idp_domain removes."""
    traits = config["CILogonOAuthenticator"]
    ways = [get(one, ("username_derivation",), {}) for one in _institutions(traits) if isinstance(one, dict)]
    domains = [str(one.get("domain")).lower() for one in ways if one.get("action") == "strip_idp_domain"]
    for one in sections("CILogonOAuthenticator") if domains else ():
        for key in NAMES:
            if isinstance(names := get(config, (one, key)), list):
                config[one][key] = list(dict.fromkeys([*names, *(_stripped(name, domains) for name in names)]))


def _stripped(name: Any, domains: list[str]) -> Any:
    before, at, domain = name.rpartition("@") if isinstance(name, str) else ("", "", "")
    return before if before and at and domain.lower() in domains else name
