"""Braces in what people type: KubeSpawner expands names in them. Other text in braces stays as it was typed."""

from typing import Any

import pytest

from hubs.spec.draft import parse
from provisioning.render import hub_values
from tests.kubernetes.people_pods import people_pods

from .loading import TARGET
from .worlds import NOWHERE

TYPED = {
    "JSON": ('{"user": "{username}", "a": [{}]}', '{"user": "mia", "a": [{}]}'),
    "SHELL": ("${HOME}/x-", "${HOME}/x-"),
    "OPEN": ("a{b", "a{b"),
    "CLOSED": ("a}b", "a}b"),
    "FORMAT": ("%{http_code}", "%{http_code}"),
    "NAME": ("/data/{username}", "/data/mia"),
    "INNER": ("{username.nothing} {0} {}", "{username.nothing} {0} {}"),
}


@pytest.mark.parametrize("place", ["field", "choice", "secret"])
def test_braces_without_names_stay_unchanged(place: str):
    said = {name: text for name, (text, _) in TYPED.items()}
    wanted = {name: text for name, (_, text) in TYPED.items()}
    typed, user = [], dict[str, Any]()
    if place == "choice":
        user = {"profileList": [{"display_name": "A", "kubespawner_override": {"environment": said}}]}
    elif place == "secret":
        user, wanted = {"extraEnv": dict.fromkeys(said, "x")}, said  # a secret has no names to expand
        typed = [[["singleuser", "extraEnv", name], text] for name, text in said.items()]
    else:
        user = {"extraEnv": said}
    spec = parse({"about": {"title": "Tried"}, "singleuser": user})
    [found] = people_pods([{"values": hub_values(TARGET, spec, NOWHERE)}], typed)
    env = {one["name"]: one.get("value") for one in found["pod"]["spec"]["containers"][0]["env"]}
    assert {name: env.get(name) for name in wanted} == wanted
