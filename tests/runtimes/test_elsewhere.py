"""A hub as plain manifests: complete, and without anything of the portal."""

import base64
import json

import pytest
import yaml

from hubs.spec import STARTING_POINTS, from_draft
from provisioning.render import elsewhere
from tests.runtimes.shapes import AGREED, PLAIN

TYPED = ("hub", "config", "GitHubOAuthenticator", "client_secret")
GITHUB = from_draft({"about.title": "Lab", "signIn.method": "github", "signIn.github.client_id": "Iv1",
                     "signIn.github.allowed_organizations": "river"})  # fmt: skip


def made(spec, paths=()):
    found = elsewhere.manifests("stat-101", spec, paths, PLAIN, AGREED)
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


@pytest.mark.parametrize("name", STARTING_POINTS)
def test_nothing_of_the_portal_is_left(name):
    spec = from_draft({**STARTING_POINTS[name].draft(), "about.title": "Statistics 101"})
    text = elsewhere.manifests_yaml("Statistics 101", list(made(spec).values()))
    assert list(yaml.safe_load_all(text)) == list(made(spec).values())
    assert "portal.example" not in text
    assert '"portal_url"' not in text
    assert "RoleBinding/hubportal" not in made(spec)
    values = json.loads(made(spec)["ConfigMap/hub"]["data"]["values.json"])
    assert values["custom"]["portalSignIn"] is False
    for one in made(spec).values():
        assert not [label for label in one["metadata"]["labels"] if label.startswith("hubportal/")]


def test_everything_that_runs_is_exported():
    found = made(GITHUB, [TYPED])
    assert {"Namespace", "Deployment", "Service", "ConfigMap", "Secret", "NetworkPolicy", "Role", "RoleBinding",
            "ServiceAccount", "PersistentVolumeClaim"} <= {one["kind"] for one in found.values()}  # fmt: skip


def test_secrets_are_placeholders():
    for key, one in made(GITHUB, [TYPED]).items():
        if one["kind"] == "Secret":
            assert "data" not in one
            kept = {k: v for k, v in one["stringData"].items() if k not in ("revision", "values.json")}
            assert set(kept.values()) == {elsewhere.HEX}, key
    [[path, text]] = json.loads(made(GITHUB, [TYPED])["Secret/hub"]["stringData"]["values.json"])
    assert (tuple(path), text) == (TYPED, "to-be-replaced")


def test_line_breaks_in_the_title_are_removed():
    text = elsewhere.manifests_yaml("One\nkind: Secret", [])
    assert all(line.startswith("#") for line in text.splitlines() if "Secret" in line)


def test_secrets_hidden_by_base64_are_not_exported():
    text = elsewhere.manifests_yaml("Lab", list(made(GITHUB, [TYPED]).values()))
    assert base64.b64encode(b"to-be-replaced")[:12].decode() not in text
