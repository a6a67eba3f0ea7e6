"""Settings that are each valid on their own, in combination: refused with a sentence, or a hub that starts. The real
classes decide, without the portal's rules."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from hubs.spec import HubSpec
from hubs.spec.effective import values as effective_values
from hubs.spec.sign_in_lacking import lacking
from hubs.spec.together import clashes
from provisioning.errors import Refused
from provisioning.render import hub_values

from .loading import TARGET, why_not
from .together import COMPLETE, IDP, Tree, combined, spec_of
from .worlds import NOWHERE

METHODS = sorted(COMPLETE)


def config(section: str, **traits: Any) -> Tree:
    return {"hub": {"config": {section: traits}}}


OAUTH, IDPS, SHARED = "GenericOAuthenticator", "CILogonOAuthenticator", "SharedPasswordAuthenticator"
WRONG: list[tuple[str, Tree, str]] = [
    ("generic-oauth", config(OAUTH, allowed_scopes=["groups"]), "hub.config.OAuthenticator.allowed_scopes: Allowed"),
    ("portal", config("OAuthenticator", allowed_scopes=["admin"]), "hub.config.OAuthenticator.allowed_scopes: Allowed"),
    ("generic-oauth", config(OAUTH, userdata_from_id_token=True), f"hub.config.{OAUTH}.userdata_from_id_token: User"),
    ("google", config("GoogleOAuthenticator", manage_groups=False, allowed_groups=["a"]),
     "hub.config.GoogleOAuthenticator.manage_groups: allowed_groups needs manage_groups"),
    ("generic-oauth", config("Authenticator", username_pattern="^[a-z]+$"),
     "hub.config.Authenticator.admin_users: “ines@river.example.edu” does not match username_pattern"),
    ("native", config("Authenticator", username_pattern="("), "hub.config.Authenticator.username_pattern: This is no"),
    ("native", config("Authenticator", username_map={"mia": "a/b"}), "hub.config.Authenticator.allowed_users: “a/b”"),
    ("native", {"hub": {"config": {"JupyterHub": {"load_groups": {"lab": ["mia"]}},
                                   "Authenticator": {"manage_groups": True}}}},
     "hub.config.JupyterHub.load_groups: Groups come from the sign-in"),
    ("native", config("JupyterHub", load_groups={"lab": {"users": ["a/b"]}}),
     "hub.config.JupyterHub.load_groups.lab: “a/b” is not a valid user name"),
    ("cilogon", config(IDPS, shown_idps=[IDP]), f"hub.config.{IDPS}.shown_idps: CILogonOAuthenticator no longer"),
    ("shared-password", config(SHARED, password_groups={}), f"hub.config.{SHARED}.password_groups: Enter a password"),
    ("native", config("Authenticator", manage_roles=True, reset_managed_roles_on_startup=True),
     "hub.config.Authenticator.reset_managed_roles_on_startup: No sign-in method"),
    ("native", {"hub": {"config": {"Authenticator": {"manage_roles": True}}, "loadRoles": {"all": {"users": ["mia"]}}}},
     "hub.loadRoles.all: Roles come from the sign-in"),
    ("portal", {"hub": {"loadRoles": {"readers": {"scopes": ["read:everything"]}}}},
     "hub.loadRoles.readers.scopes: JupyterHub has no scope “read:everything”."),
    ("portal", {"hub": {"loadRoles": {"readers": {"scopes": ["read:users!colour=red"]}}}},
     "hub.loadRoles.readers.scopes: “!colour=red” is not a valid filter"),
    ("portal", {"hub": {"loadRoles": {"readers": {"services": ["helper"]}}}},
     "hub.loadRoles.readers.services: There is no service “helper” in this hub."),
    ("portal", {"hub": {"loadRoles": {"admin": {"scopes": ["self"]}}}}, "hub.loadRoles.admin.scopes: JupyterHub’s own"),
    ("portal", {"hub": {"services": {"helper": {"oauth_no_confirm": True}}}}, "hub.services.helper: A service that"),
    ("portal", {"hub": {"services": {"helper": {"url": "http://10.0.0.1:99999"}}}},
     "hub.services.helper.url: Enter an address such as"),
    ("portal", {"hub": {"services": {"helper": {"colour": "red"}}}}, "hub.services.helper.colour: Services have no"),
    ("portal", config("KubeSpawner", pod_security_context={"run_as_user": 5}),
     "hub.config.KubeSpawner.pod_security_context: “run_as_user”: Use Kubernetes’ spelling"),
    ("portal", config("KubeSpawner", oauth_roles=["nobody"]), "hub.config.KubeSpawner.oauth_roles: There is no role"),
]  # fmt: skip


def real(specs: list[HubSpec], folder: Path) -> list[str]:
    """Return why the real hub does not start with these, regardless of the portal's rules; "" when it does."""
    plain = [one for spec in specs if (one := spec_of(spec.signIn.method, {}))]
    return why_not(plain, folder, unasked=specs)


@pytest.mark.parametrize(("method", "more", "words"), WRONG)
def test_a_combination_that_would_not_start_is_refused_with_its_path(method: str, more: Tree, words: str):
    spec = spec_of(method, more)
    assert spec
    assert next(f"{'.'.join(path)}: {said}" for path, said in clashes(spec)).startswith(words)
    with pytest.raises(Refused, match=r"can’t start with hub\."):
        hub_values(TARGET, spec, NOWHERE)


def test_the_real_hub_does_not_start_with_any_of_them(tmp_path: Path):
    specs = [spec for method, more, _ in WRONG if (spec := spec_of(method, more))]
    assert [spec.more for spec, why in zip(specs, real(specs, tmp_path), strict=True) if not why] == []


@pytest.mark.parametrize("seed", range(4))
def test_a_combination_is_refused_or_makes_a_hub_that_starts(seed: int, tmp_path: Path):
    """In both directions: what the portal refuses would not start, and what it accepts starts."""
    random = Random(seed)
    made = (spec_of(method, combined(random, method)) for method in METHODS * 2)
    specs = [spec for spec in made if spec]
    wrong = [
        f"{spec.signIn.method} {effective_values(spec)['hub']}\n  the portal: {clashes(spec)}\n  the hub: {why}"
        for spec, why in zip(specs, real(specs, tmp_path), strict=True)
        if not (lacking(spec) if why else not clashes(spec))
    ]
    assert wrong == []
