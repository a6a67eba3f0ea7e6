"""From a spec to parts: which change affects which part, and what is never sent unencrypted."""

import json

import pytest

from hubs.spec import HubSpec
from hubs.spec.markup import safe_html
from hubs.spec.secrets import THEIRS
from provisioning.contract import Target
from provisioning.render import hub_values, render_local

from .worlds import NOWHERE, SECRET_NAMES, hub_spec

TARGET = Target("u1", "stat-101", "http://localhost:9000/stat-101/", {"public": 9000, "api": 9001, "hub": 9002})
SECRETS = {name: f"{index}" * 64 for index, name in enumerate(SECRET_NAMES)}


def digests(secrets=SECRETS, target=TARGET, **changes):
    release = render_local(target, hub_spec(**changes), secrets, NOWHERE, "running")
    assert release.revision == release.parts[-1].digest
    return {part.name: part.digest for part in release.parts}


def test_the_desired_state_decides_the_parts():
    def names(wanted):
        return [part.name for part in render_local(TARGET, hub_spec(), SECRETS, NOWHERE, wanted).parts]

    assert names("running") == ["files", "proxy", "hub"]
    assert names("suspended") == ["files"]
    assert names("retired") == []
    for wanted in ("suspended", "retired"):
        assert render_local(TARGET, hub_spec(), {}, NOWHERE, wanted).revision == "", "needs no secrets either"


def test_a_restart_replaces_the_hub_and_nothing_else():
    def parts(restart_at=""):
        release = render_local(TARGET, hub_spec(), SECRETS, NOWHERE, "running", restart_at)
        return {part.name: part.digest for part in release.parts}

    never, once, again = parts(), parts("2026-03-01T09:00:00Z"), parts("2026-03-01T09:05:00Z")
    assert never == digests()
    assert len({found["hub"] for found in (never, once, again)}) == 3
    assert {name: digest for name, digest in again.items() if name != "hub"} == {
        name: digest for name, digest in never.items() if name != "hub"
    }


def test_the_same_spec_is_the_same_release():
    assert digests() == digests()


@pytest.mark.parametrize(
    "changes",
    [
        {"singleuser__memory__limit": "2G"},
        {"about__title": "Other"},
        {"homePage__text": "Hello"},
        {"signIn__method": "tmp"},
        {"hub__activeServerLimit": 5},
        {"cull__timeout": 60},
    ],
)
def test_a_change_of_the_spec_changes_only_the_hub(changes):
    before, after = digests(), digests(**changes)
    assert {name for name in before if before[name] != after[name]} == {"hub"}


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_new_secret_reaches_the_parts_that_use_it(name):
    before, after = digests(), digests(secrets={**SECRETS, name: "f" * 64})
    changed = {part for part in before if before[part] != after[part]}
    assert changed == ({"proxy", "hub"} if name == "proxy_auth_token" else {"hub"})


def test_texts_that_do_not_reach_the_hub_change_nothing():
    assert digests(about__description="For the second year.") == digests()


def test_values_hold_no_secret_and_are_json():
    text = json.dumps(hub_values(TARGET, hub_spec(), NOWHERE))
    assert not any(secret in text for secret in SECRETS.values())
    release = render_local(TARGET, hub_spec(), SECRETS, NOWHERE, "running")
    assert not any(secret in repr(release) for secret in SECRETS.values())


@pytest.mark.parametrize("more", [{}, *({"hub": {"activeServerLimit": said}} for said in (None, 0, -1, 7, 90000))])
@pytest.mark.parametrize("changes", [{}, {"about__heads": 3}, {"hub__activeServerLimit": 5, "about__heads": 3}])
def test_no_more_servers_run_than_the_organisation_s_memory_is_counted_for(changes, more):
    """Otherwise a class could be declared with one person and let five hundred in."""
    spec = HubSpec.stored(hub_spec(**changes).model_dump(mode="json") | {"more": more})
    assert hub_values(TARGET, spec, NOWHERE)["hub"]["activeServerLimit"] == spec.seats > 0


def test_values_are_zero_to_jupyterhubs():
    values = hub_values(TARGET, hub_spec(singleuser__memory__limit="2G", hub__activeServerLimit=7), NOWHERE)
    assert set(values) == {"hub", "singleuser", "cull"}
    assert values["hub"]["baseUrl"] == "/stat-101/"
    assert values["hub"]["activeServerLimit"] == 7
    assert values["singleuser"]["memory"] == {"limit": "2G", "guarantee": "256M"}
    assert values["singleuser"]["cpu"] == {"limit": 2, "guarantee": 0.05}
    assert values["singleuser"]["storage"] == {"type": "dynamic", "capacity": "5Gi"}
    assert values["hub"]["config"]["JupyterHub"]["authenticator_class"] == "generic-oauth"
    portal = values["hub"]["config"]["GenericOAuthenticator"]
    assert portal["oauth_callback_url"] == "http://localhost:9000/stat-101/hub/oauth_callback"
    assert portal["allowed_groups"] == ["users", "admins"]
    assert "shares" not in json.dumps(values["hub"]["loadRoles"])
    guests = hub_values(TARGET, hub_spec(signIn__method="tmp"), NOWHERE)["hub"]
    assert guests["config"]["JupyterHub"]["authenticator_class"] == "tmp"
    assert "GenericOAuthenticator" not in guests["config"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", ""),
        ("   \n", ""),
        ("**Hello**", "<p><strong>Hello</strong></p>"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img"),
        ("[a](javascript:alert(1))", "[a](javascript"),
        ("[a](https://example.org)", '<a href="https://example.org" rel="noopener noreferrer">a</a>'),
        ("![x](https://example.org/x.png)", ""),
        ("{{ url }}", "{{ url }}"),
    ],
)
def test_texts_of_people_are_safe(written, shown):
    html = safe_html(written)
    assert shown in html
    assert not any(bad in html for bad in ("<script", "<img", 'href="javascript'))


JUPYTERHUBS = {"default_url": "/hub/home", "admin_access": False, "logout_redirect_url": "https://river.example.edu/",
               "load_groups": {"lab": {"users": ["mia"]}}}  # fmt: skip


@pytest.mark.parametrize("method", ["portal", "native", "firstuse", "shared-password", "tmp"])
def test_settings_of_jupyterhub_reach_it_with_every_sign_in_method(method):
    assert {*JUPYTERHUBS, "authenticator_class"} == set(THEIRS)
    spec = hub_spec(signIn__method=method, more={"hub": {"config": {"JupyterHub": JUPYTERHUBS}}})
    config = hub_values(TARGET, spec, NOWHERE)["hub"]["config"]["JupyterHub"]
    assert {name: config.get(name) for name in JUPYTERHUBS} == JUPYTERHUBS
    assert config["authenticator_class"]
