"""Importing real hubs: the fate of generated values files whose keys are as common as in real ones (hubs_in_use.py).

The table's weights count, so a key that many hubs set costs more here when its field is lost.
"""

from collections import Counter
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.spec import FIELDS, from_draft, to_draft
from hubs.spec.followed import OWN_WAY
from hubs.spec.imports import FATES, Imported, from_files, from_values
from hubs.spec.trees import get
from tests.hubs_in_use import area, files, table, values

MANY = 150  # number of hubs; with fewer, one unusual hub moves a share by a percent
# Shares of all leaves of an area: at least so many have a field, at most so many are kept as “more configuration”. The
# rest is what the portal does in its own way, and is named; code and unknown keys are rare.
FLOORS = {"pods": (0.87, 0.02), "profiles": (0.98, 0.02), "sign-in": (0.97, 0.03), "all": (0.95, 0.02)}
MOST_IGNORED = 0.02


@cache
def imported(number: int) -> Imported:
    return from_files(files(number))


@cache
def counted() -> dict[str, Counter[str]]:
    """Return {area: {fate: leaves}} of many hubs."""
    found: dict[str, Counter[str]] = {name: Counter() for name in FLOORS}
    for number in range(MANY):
        for leaf in imported(number).leaves:
            for name in (area(leaf.path), "all"):
                found[name][leaf.fate] += leaf.count
    return found


@pytest.mark.parametrize("name", FLOORS)
def test_settings_of_real_hubs_have_fields(name):
    sums = counted()[name]
    typed, more = (sums[fate] / sums.total() for fate in FATES[:2])
    least, most = FLOORS[name]
    said = f"{name}: {dict(sums)}, typed {typed:.1%}, more {more:.1%}"
    assert typed >= least, said
    assert more <= most, said


def test_settings_without_effect_or_replacement_are_rare():
    sums = counted()["all"]
    assert sums["ignored"] / sums.total() <= MOST_IGNORED, dict(sums)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**9))
def test_every_generated_hub_is_exported_unchanged_and_opens_as_a_draft(number):
    found = imported(number)
    assert found.round_trip, found.problems
    assert found.count() == sum(map(found.count, FATES)), "each leaf has one fate"
    assert all(leaf.why for leaf in found.leaves if leaf.fate != "typed"), "each that has no field says why"
    assert from_draft(to_draft(found.spec)) == found.spec, "the draft opens with every recognised value in its field"


def test_only_settings_that_the_portal_manages_are_named():
    reasons = {why for _, why in OWN_WAY}
    for number in range(40):
        for leaf in imported(number).leaves:
            assert (leaf.why in reasons) == (leaf.fate == "portal"), leaf


def test_the_generator_has_every_key_of_the_table():
    """So that a key which is added to the table is tested, too."""
    seen: set[str] = set()

    def walk(node, tree, at):
        for name, below in node.below.items():
            rows = list(tree) if name == "[]" and isinstance(tree, list) else []
            if isinstance(tree, dict):
                rows = list(tree.values()) if name.startswith("<") else [tree[name]] if name in tree else []
            if rows:
                seen.add(".".join((*at, name)))
            for row in rows:
                walk(below, row, (*at, name))

    for number in range(600):
        walk(table(), values(number), ())
    roots = {("hub", "config"), ("hub", "loadRoles"), ("singleuser", "storage"), ("singleuser", "profileList"),
             ("prePuller", "extraImages"), ("scheduling", "userPlaceholder"), ("ingress", "hosts")}  # fmt: skip
    assert {".".join(root) for root in roots} <= seen
    assert len(seen) > 200, len(seen)


def test_both_shapes_of_volumes_become_the_same_rows():
    rows = {"10-shared": {"name": "home", "mountPath": "/home/jovyan/shared", "subPath": "_shared", "readOnly": True},
            "20-gone": None, "30-shm": {"name": "shm", "mountPath": "/dev/shm"}}  # fmt: skip
    volumes = {"10-shm": {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}, "20-none": None}
    storage = {"extraVolumes": volumes, "extraVolumeMounts": rows}
    as_lists = {key: [one for one in some.values() if one] for key, some in storage.items()}
    admins = {"singleuserAdmin": {"extraVolumeMounts": [{"name": "home", "mountPath": "/home/jovyan/all"}]}}
    found = [from_values({"singleuser": {"storage": one}, "custom": admins}) for one in (storage, as_lists)]
    assert found[0].spec == found[1].spec
    for one in found:
        assert one.round_trip
        assert {leaf.fate for leaf in one.leaves} == {"typed"}
        kept = one.spec.singleuser.storage
        assert [row["name"] for row in kept.extraVolumes] == ["shm"]
        assert [row.get("admins", False) for row in kept.extraVolumeMounts] == [False, False, True]
    shown = {leaf.name: (leaf.field, leaf.shown) for leaf in found[0].leaves}
    label, words = shown["singleuser.storage.extraVolumeMounts"]
    assert label == FIELDS["singleuser.storage.extraVolumeMounts"].words.label
    assert "/home/jovyan/shared: “_shared” on the home volume, read-only" in words
    assert get(found[0].spec.more, ("custom",)) is None
