"""A hub starts with every accepted configuration, and people's servers start in it, according to JupyterHub."""

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hubs.spec import HubSpec
from hubs.spec.shape import complaints
from provisioning.errors import Refused
from provisioning.render import hub_values
from tests.odd_shapes import forest, taken

from .loading import TARGET, why_not
from .worlds import NOWHERE

EMPTY: list[dict[str, Any]] = [
    {"hub": {"config": None}}, {"hub": None}, {"hub": {"services": None}}, {"hub": {"loadRoles": None}},
    {"hub": {"templateVars": None, "templatePaths": None}}, {"singleuser": None}, {"cull": None}, {"custom": None},
    {"hub": {"config": {"GenericOAuthenticator": None}}}, {"hub": {"config": {"KubeSpawner": {"uid": None}}}},
    {"singleuser": {"storage": None, "image": None, "memory": None, "cpu": None, "uid": None, "fsGid": None}},
    {"cull": {"enabled": None, "timeout": None, "every": None, "maxAge": None, "concurrency": None, "users": None}},
    {"singleuser": {"extraFiles": {"a": None}, "extraEnv": {"A": None}, "nodeSelector": {"a": None}}},
]  # fmt: skip
MAPS: list[dict[str, Any]] = [
    {"singleuser": {"storage": {
        "extraVolumes": {"b": {"name": "b", "emptyDir": {}}, "a": {"name": "a", "emptyDir": {}}, "c": None},
        "extraVolumeMounts": {"b": {"name": "b", "mountPath": "/b"}, "a": None}}}},
    {"singleuser": {"initContainers": {"a": {"name": "x", "image": "x:1"}, "b": None}, "extraContainers": {"a": None}}},
    {"singleuser": {"profileList": {"b": {"display_name": "B"}, "a": {"display_name": "A"}, "c": None}}},
    {"singleuser": {"extraTolerations": {"a": {"key": "a", "operator": "Exists"}, "b": None}}},
    {"singleuser": {"extraEnv": [{"name": "A", "value": "1"}, {"name": "B", "value": 2}]}},
]  # fmt: skip
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"hub": []}, "hub: Enter a map here, not a list."),
    ({"hub": {"config": "x"}}, "hub.config: Enter a map here, not text."),
    ({"hub": {"config": {"Authenticator": [1]}}}, "hub.config.Authenticator: Enter a map here, not a list."),
    ({"hub": {"config": {"JupyterHub": {"admin_access": [1]}}}},
     "hub.config.JupyterHub.admin_access: Enter true or false here, not a list."),
    ({"hub": {"config": {"Authenticator": {"allowed_users": {"mia": 1}}}}},
     "hub.config.Authenticator.allowed_users: Enter a list here, not a map."),
    ({"hub": {"config": {"JupyterHub": {"authenticator_class": "nobody"}}}},
     "hub.config.JupyterHub.authenticator_class: JupyterHub has no authenticator “nobody”"),
    ({"hub": {"services": ["a"]}}, "hub.services: Enter a map here, not a list."),
    ({"hub": {"loadRoles": {"all": {"scopes": "x"}}}}, "hub.loadRoles.all.scopes: Enter a list here, not text."),
    ({"hub": {"loadRoles": {"Readers": {}}}}, "hub.loadRoles.Readers: A role’s name needs at least three lower-case"),
    ({"singleuser": {"extraPodConfig": {"containers": []}}}, "singleuser.extraPodConfig.containers: The hub sets"),
    ({"singleuser": {"initContainers": {"a": {"name": "a", "image": "x:1", "command": "sh"}}}},
     "singleuser.initContainers.a.command: Enter a list here, not text."),
    ({"singleuser": {"extraPodConfig": {"hostnam": "x"}}}, "singleuser.extraPodConfig.hostnam: Kubernetes has no such"),
    ({"singleuser": {"profileList": {"a": {"description": "A"}}}}, "singleuser.profileList.a.display_name: This is"),
    ({"singleuser": {"memory": {"limit": "much"}}}, "singleuser.memory.limit: Enter a size such as 512M or 2G."),
    ({"cull": {"every": "often"}}, "cull.every: Enter a whole number here, not text."),
]  # fmt: skip


def stored(more: dict[str, Any], method: str = "portal") -> HubSpec:
    sign_in = {"method": method, "allowedUsers": ["mia"]}
    return HubSpec.stored({"about": {"title": "Tried"}, "signIn": sign_in, "more": more})


def test_null_everywhere_and_maps_for_lists_start_and_spawn(tmp_path: Path):
    assert [found for more in (*EMPTY, *MAPS) if (found := complaints(more))] == []
    said = why_not([stored(more) for more in (*EMPTY, *MAPS)], tmp_path)
    assert [f"{more}: {why}" for more, why in zip((*EMPTY, *MAPS), said, strict=True) if why] == []


@pytest.mark.parametrize(("more", "words"), WRONG)
def test_a_wrong_shape_is_refused_with_its_path(more: dict[str, Any], words: str):
    [(path, said)] = complaints(more)
    assert f"{'.'.join(path)}: {said}".startswith(words)


def test_a_wrong_shape_that_was_stored_long_ago_starts_or_is_refused_by_name(tmp_path: Path):
    starting = []
    for more, words in WRONG:
        if words.startswith("hub.config."):
            with pytest.raises(Refused, match=re.escape(words)):
                hub_values(TARGET, stored(more, "native"), NOWHERE)
        else:
            starting.append(stored(more, "native"))
    assert len(starting) == len(WRONG) - 4
    assert [why for why in why_not(starting, tmp_path) if why] == []


def test_the_same_configuration_starts_on_one_machine(tmp_path: Path):
    trees = [EMPTY[0], EMPTY[-3], *MAPS[-2:], *(taken(forest(Random(seed), 60)) for seed in range(100, 103))]
    said = why_not([stored(one) for one in trees], tmp_path, local=True)
    assert [f"{more}: {why}" for more, why in zip(trees, said, strict=True) if why] == []


@pytest.mark.parametrize("method", ["portal", "native"])
def test_every_accepted_configuration_starts_and_spawns(method: str, tmp_path: Path):
    """Random trees, without the values that are refused with a sentence."""
    trees = [taken(forest(Random(seed), 60)) for seed in range(6)]
    said = why_not([stored(one, method) for one in trees], tmp_path)
    assert [f"{more}: {why}" for more, why in zip(trees, said, strict=True) if why] == []
