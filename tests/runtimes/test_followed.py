"""Which values have an effect is measured, not listed: every key of the chart is rendered with and without a plausible
value, and the hub's own configuration file reads both. `HUBPORTAL_GOLDEN=1` writes the results to a file."""

import base64
import contextlib
import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hubs.spec import HubSpec, chart, followed, honoured
from hubs.spec.secrets import is_the_portals
from hubs.spec.trees import Path as Keys
from hubs.spec.trees import put
from provisioning.contract import Target
from provisioning.errors import Refused
from provisioning.render import hub_values, render_kubernetes

from .loaded_configuration import loaded
from .shapes import AGREED, PLAIN, SECRETS, SIGN_IN, release

TABLE = followed.TABLE
TARGET = Target("habc23456789", "stat-101", "https://stat-101.hubs.example.edu/")
CALLED = ({"url": "http://report:8080"}, {"scopes": ["list:users"]}, {"mountPath": "/etc/a.txt", "stringData": "Hello"})
MAPS: tuple[Any, ...] = (
    {"example": "other"}, *({"example": one} for one in CALLED), {"exec": {"command": ["true"]}}, {"hostname": "other"},
    {"Spawner": {"http_timeout": 7}}, {"limits": {"memory": "3Gi"}},
)  # fmt: skip
LISTS: tuple[Any, ...] = (
    ["other"], [{"name": "other", "image": "other:1", "mountPath": "/other", "key": "other", "display_name": "Other"}],
    [{"to": [{"ipBlock": {"cidr": "203.0.113.0/24"}}], "ports": [{"port": 5432, "protocol": "TCP"}]}],
)  # fmt: skip
PLAUSIBLE: dict[str, tuple[Any, ...]] = {
    "boolean": (True, False), "integer": (77,), "number": (0.5, 536870912), "object": MAPS, "array": LISTS,
    "string": ("other", "7Gi", "/other", "Always"),
}  # fmt: skip
BASES: tuple[dict[str, Any], ...] = (
    {"hub": {"allowNamedServers": True}, "cull": {"users": True}},
    {"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes"}}}},
)


def keys(node: dict[str, Any], at: Keys = ()) -> Iterator[tuple[Keys, dict[str, Any]]]:
    """Yield every leaf of the chart's schema, and every map whose keys are names that people choose."""
    for name, below in node.get("properties", {}).items():
        own = below.get("additionalProperties") or below.get("patternProperties")
        if own or not below.get("properties"):
            yield (*at, name), below
        if not own or "custom" in (*at, name):  # the section that only the portal writes is included
            yield from keys(below, (*at, name))


def plausible(node: dict[str, Any]) -> list[Any]:
    if "enum" in node:
        return [one for one in node["enum"] if one is not None]
    types = node.get("type") or list(PLAUSIBLE)
    found = [one for kind in ([types] if isinstance(types, str) else types) for one in PLAUSIBLE.get(kind, ())]
    return found or ["other"]


class Place:
    """A hub's pod, as far as its configuration file reads it."""

    def __init__(self, folder: Path) -> None:
        objects = {key: one for part in release().parts for key, one in part.payload.items()}
        (folder / "config" / "pages").mkdir(parents=True)
        (folder / "secret").mkdir()
        for name, text in objects["ConfigMap/hub"]["data"].items():
            (folder / "config" / name).write_text(text)
        for name, text in {**objects["Secret/hub"]["data"]}.items():
            (folder / "secret" / name).write_bytes(base64.b64decode(text))
        (folder / "secret" / "revision").write_text("one")
        argv = [sys.executable, "-m", "tests.runtimes.told", str(folder)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, values: dict[str, Any]) -> str:
        """Return a digest of what the hub does with these values."""
        assert self.process.stdin
        assert self.process.stdout
        values["custom"]["revision"] = "one"
        self.process.stdin.write(json.dumps(values) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def made(self, spec: HubSpec) -> tuple[Any, str]:
        """Return (everything in the cluster except the hub's own values, what the hub does with those)."""
        made = render_kubernetes(TARGET, spec, SECRETS, SIGN_IN, "running", PLAIN, AGREED)
        objects = {key: one for part in made.parts for key, one in part.payload.items()}
        values = json.loads(objects.pop("ConfigMap/hub")["data"]["values.json"])
        del objects["Secret/hub"]  # it contains only the digest of the values
        pod = objects["Deployment/hub"]["spec"]["template"]  # which has that digest, too
        del pod["metadata"]["annotations"]["hubportal/revision"], pod["spec"]["containers"][0]["env"]
        return objects, self.read(values)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.process.communicate(timeout=60)


def with_effect(place: Place) -> list[str]:
    """Return every key for which some value makes a difference to some hub."""
    known = list(keys(chart.schema()))
    found: set[Keys] = set()
    for base, some in (
        (BASES[0], known),
        (BASES[1], [one for one in known if one[0][:2] == ("singleuser", "storage")]),
    ):
        before = place.made(_spec(base))
        found |= set(_differing(some, lambda more, base=base, before=before: place.made(  # type: ignore[misc]
            _spec({**base, "more": more})) != before))  # fmt: skip
    return sorted(".".join(at) for at in found)


def _differing(known: list[tuple[Keys, dict[str, Any]]], differs: Callable[[dict[str, Any]], bool]) -> Iterator[Keys]:
    """Test many keys at once, as long as all of them together make no difference. A refused value makes none."""
    values = {at: plausible(node) for at, node in known}
    for number in range(max(len(some) for some in values.values())):
        more: dict[str, Any] = {}
        for at, some in values.items():
            put(more, at, copy.deepcopy(some[number % len(some)]))
        try:
            if differs(more):
                break
        except Refused:
            if len(known) > 1:
                break
    else:
        return
    if len(known) == 1:
        yield known[0][0]
        return
    half = len(known) // 2
    yield from _differing(known[:half], differs)
    yield from _differing(known[half:], differs)


def _spec(said: dict[str, Any]) -> HubSpec:
    return HubSpec.stored({"about": {"title": "Statistics 101"}, **said})


def test_keys_with_an_effect_are_those_that_make_a_difference(place: Place, monkeypatch: pytest.MonkeyPatch):
    """Treats every key as honoured; keys that then make no difference must be reported as without effect."""
    monkeypatch.setattr(followed, "FOLLOWED", frozenset({()}))
    monkeypatch.setattr(followed, "FIELDS_ONLY", ())  # these have an effect by their fields, into which they are read
    found = with_effect(place)
    if os.environ.get("HUBPORTAL_GOLDEN"):
        TABLE.write_text("".join(f"{one}\n" for one in found), encoding="utf-8")
    known = TABLE.read_text(encoding="utf-8").split()
    assert found == known, "run this test with HUBPORTAL_GOLDEN=1, and read what changes"
    assert {"singleuser.memory.limit", "singleuser.networkPolicy.egress", "hub.config", "cull.timeout"} <= set(found)
    assert not any(one.startswith(("proxy.", "ingress.", "prePuller.", "scheduling.", "hub.db")) for one in found)


@pytest.mark.parametrize("at", [at for at, _ in keys(chart.schema())], ids=".".join)
def test_each_key_is_reported_correctly(at: Keys):
    ignored = followed.why_ignored(at)
    found = {tuple(one.split(".")) for one in TABLE.read_text(encoding="utf-8").split()}
    above = any(at[:length] in found for length in range(1, len(at) + 1))
    assert bool(ignored) != (above and not is_the_portals(at))
    assert followed.why_ignored((*at, "below")) or not ignored, "keys below have the same effect"


def test_keys_with_an_effect_have_no_reason_to_be_ignored():
    table = TABLE.read_text(encoding="utf-8").split()
    for root, _ in followed.WHY_IGNORED:
        assert not any(f"{one}.".startswith(f"{'.'.join(root)}.") for one in table), root


def test_keys_for_one_machine_are_those_that_make_a_difference_to_its_hub():
    """Wherever it is written: in `more` itself, and in the fields that it moves to."""
    cases: list[dict[str, Any]] = []
    rows: list[Keys] = []
    for base in BASES:
        for at, node in [((), {"enum": []}), *keys(chart.schema())]:
            for value in plausible(node) if at else [None]:
                more: dict[str, Any] = {}
                if at:
                    put(more, at, value)
                with contextlib.suppress(Refused):
                    values = hub_values(TARGET, _spec({**base, "more": more}), SIGN_IN)
                    cases.append({"runtime": "local", "values": values, "portalSignIn": True})
                    rows.append(at)
    found, before = set(), ""
    for at, told in zip(rows, loaded(cases), strict=True):
        before = before if at else told
        found |= {".".join(at)} if told != before else set()
    if os.environ.get("HUBPORTAL_GOLDEN"):
        honoured.TABLE.write_text("".join(f"{one}\n" for one in sorted(found)), encoding="utf-8")
    assert sorted(found) == honoured.TABLE.read_text(encoding="utf-8").split()
    assert {"hub.config", "singleuser.extraEnv"} <= found
    assert found <= {".".join(path) for path in followed.FOLLOWED}
