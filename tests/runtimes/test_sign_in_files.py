"""Sign-in configurations of files become fields: nothing is left over, exports equal the import, the real class accepts
them, and it lets the same people in as with the file itself."""

import asyncio
import copy
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tornado.web import HTTPError
from traitlets.config import Config

from hubs.spec import HubSpec
from hubs.spec.authenticators import ALIASES, method_of
from hubs.spec.draft import from_draft, to_draft
from hubs.spec.effective import values
from hubs.spec.imports import from_values
from hubs.spec.sign_in import CLASSES
from hubs.spec.trees import get
from tests.sign_in_files import IDPS, LAKE, RIVER, SECTIONS, Tree, files

FEW = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
CLASS_OF = {
    "cilogon": "oauthenticator.cilogon", "google": "oauthenticator.google", "github": "oauthenticator.github",
    "generic-oauth": "oauthenticator.generic",
}  # fmt: skip


def made(method: str, config: Tree) -> Any:
    """Return JupyterHub's own class with this `hub.config`; its traits check the values."""
    said = Config({name: traits for name, traits in copy.deepcopy(config).items() if name != "JupyterHub"})
    return getattr(import_module(CLASS_OF[method]), SECTIONS[method])(config=said)


async def comes_in(authenticator: Any, info: Tree) -> tuple[str, bool] | None:
    """Return (name, admin) as the class decides from a sign-in service's answer, or None for a person who may not sign
    in. Does what `OAuthenticator.authenticate` does, starting from the answer."""
    try:
        name = authenticator.normalize_username(authenticator.user_info_to_username(info))
    except HTTPError as error:
        if error.status_code == 403:  # an institution that was not named
            return None
        raise
    admin = True if name in authenticator.admin_users else None
    state = {authenticator.user_auth_state_key: info, "scope": ["openid"]}
    model = await authenticator.update_auth_model({"name": name, "admin": admin, "auth_state": state})
    model = await authenticator._apply_managed_groups(model) if authenticator.manage_groups else model
    blocked = not authenticator.check_blocked_users(name, model)
    allowed = not blocked and await authenticator.check_allowed(name, model)
    return (name, bool(model["admin"])) if allowed else None


async def who_comes_in(authenticator: Any, infos: list[Tree]) -> list[tuple[str, bool] | None]:
    return [await comes_in(authenticator, copy.deepcopy(info)) for info in infos]


def people(method: str) -> list[Tree]:
    names = [
        (name, domain) for name in ("mia", "zoe", "tim", "ines") for domain in (RIVER, LAKE, f"a.{LAKE}", "gmail.com")
    ]
    match method:
        case "cilogon":
            return [
                {"idp": idp, "email": f"{n}@{d}", "eppn": f"{n}@{d}"} for n, d in names for idp in (*IDPS, "urn:no")
            ]
        case "google":
            hosted = ((n, d, d if d != "gmail.com" else "") for n, d in names)
            return [{"email": f"{n}@{d}", "hd": hd, "verified_email": True} for n, d, hd in hosted]
        case "generic-oauth":
            return [{"email": f"{n}@{d}", "groups": [n, "students" if n == "tim" else "staff"]} for n, d in names]
    return []  # GitHub is queried for members: test_authenticators.py


@FEW
@given(files())
def test_every_setting_has_a_field_and_the_same_people_may_sign_in(made_up: tuple[str, Tree, Tree]):
    method, written, plain = made_up
    found = from_values({"hub": {"config": written}})
    assert (found.problems, found.round_trip) == ((), True)
    assert [leaf.name for leaf in found.leaves if leaf.fate != "typed"] == []
    assert found.spec.more == {}
    assert found.spec.signIn.method == method
    assert from_draft(to_draft(found.spec)) == found.spec, "the form shows all of it"
    assert HubSpec.model_validate_json(found.spec.model_dump_json()) == found.spec
    ours, theirs = made(method, get(values(found.spec), ("hub", "config"))), made(method, plain)
    infos = people(method)
    mine, raw = asyncio.run(who_comes_in(ours, infos)), asyncio.run(who_comes_in(theirs, infos))
    # People typed by address are also known by the name without it (decisions 032 and 039), also blocked ones.
    named = {name.partition("@")[0] for name in (*ours.admin_users, *ours.allowed_users, *ours.blocked_users)}
    wrong = [(info, one, other) for info, one, other in zip(infos, mine, raw, strict=True) if one != other]
    assert [row for row in wrong if (row[1] or row[2] or ("",))[0] not in named] == []


@FEW
@given(files())
def test_the_same_settings_in_more_configuration_make_the_same_hub(made_up: tuple[str, Tree, Tree]):
    method, written, _ = made_up
    spec = HubSpec.model_validate({
        "about": {"title": "Imported hub"}, "signIn": {"method": method, "oauth": {"scope": []}},
        "more": {"hub": {"config": written}},
    })  # fmt: skip
    imported = from_values({"hub": {"config": written}}).spec
    assert get(values(spec), ("hub", "config")) == get(values(imported), ("hub", "config"))
    assert spec.more == {}


@pytest.mark.parametrize("name", sorted(ALIASES))
def test_jupyterhub_finds_every_name_of_a_class(name: str):
    from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]

    app = JupyterHub()
    if name not in ("lti13",):  # of older files: its package has no entry point
        app.authenticator_class = name
        entry = CLASSES[method_of(name)][0]
        assert app.authenticator_class is JupyterHub(authenticator_class=entry).authenticator_class
