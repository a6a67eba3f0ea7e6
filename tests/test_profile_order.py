"""Options and choices keep the order in which they were written, however a database or a digest sorts them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubs.models import HubRevision
from hubs.requests.queries.consequences import restarts
from hubs.requests.services import requests
from hubs.spec import HubSpec, difference
from hubs.spec.profile_order import ORDER, in_order, order_of, with_order
from provisioning.render import render_kubernetes, render_local
from tests.profile_lists import as_kept, profile_lists
from tests.runtimes.loading import LOCAL, TARGET
from tests.runtimes.shapes import AGREED, PLAIN, SECRETS, SIGN_IN

SIZES = ("small", "large", "medium-size", "b")


def profiles(*sizes: str) -> list[dict[str, Any]]:
    choices = {name: {"display_name": name, "kubespawner_override": {"mem_limit": "1G"}} for name in sizes}
    return [{"display_name": "Class", "profile_options": {"size": {"display_name": "Size", "choices": choices}}}]


def spec(*sizes: str) -> HubSpec:
    return HubSpec.model_validate({"about": {"title": "Statistics"}, "singleuser": {"profileList": profiles(*sizes)}})


@given(profile_lists() | as_kept() | st.just([None, 1, {"profile_options": [1]}, {"profile_options": {"a": 1}}]))
def test_a_sorted_list_gets_its_order_back(profiles):
    kept = json.loads(json.dumps(with_order(profiles), sort_keys=True))
    found = in_order(kept)
    assert found == profiles
    assert [order_of(one) for one in found] == [order_of(one) for one in profiles]


def test_a_list_stored_without_its_order_is_read_as_hubs_read_it():
    """In alphabetical order, whatever jsonb made of it."""
    rows = profiles("r", "gpu", "python")
    [one] = in_order(rows)
    assert order_of(one) == [["size", ["gpu", "python", "r"]]]
    assert in_order(with_order(rows)) == rows
    assert order_of(in_order(with_order(rows))[0]) == order_of(rows[0])


def test_another_order_is_a_difference_that_can_be_sent():
    before, after = spec(*SIZES), spec(*SIZES[::-1])
    [one] = difference(before, after)
    assert (one.before, one.after) == (", ".join(SIZES), ", ".join(SIZES[::-1]))
    assert restarts(before, after)
    assert not difference(before, spec(*SIZES))
    assert not restarts(before, spec(*SIZES))


@pytest.mark.django_db
def test_an_approval_binds_the_order(ask, ines, river):
    row = ask(ines, river)
    hashes = set()
    for sizes in (SIZES, SIZES[::-1], SIZES):
        row.spec_data = spec(*sizes).model_dump(mode="json")
        hashes.add(requests.content_hash(row))
    assert len(hashes) == 2


@pytest.mark.parametrize("said", [None, "x", [], ["a"], [["a"]], [["a", "b"]], [["a", [1]]], [[[], []]], {"a": ["b"]}])
def test_unknown_values_at_this_key_are_left_alone(said):
    rows = [{"display_name": "A", ORDER: said, "profile_options": {}}]
    assert in_order(with_order(rows)) == rows


def test_keys_missing_in_the_order_come_last():
    [one] = with_order(profiles("b", "a"))
    one["profile_options"]["size"]["choices"]["0"] = {"display_name": "New"}
    one["profile_options"]["another"] = {"display_name": "Another"}
    assert order_of(in_order([one])[0]) == [["size", ["b", "a", "0"]], ["another", []]]


@pytest.mark.database
@pytest.mark.django_db
def test_a_hub_keeps_the_order_in_the_database(ready_hub):
    row = HubRevision.objects.filter(hub=ready_hub).latest("number")
    for sizes in (SIZES, SIZES[::-1]):
        HubRevision.objects.filter(pk=row.pk).update(data=spec(*sizes).model_dump(mode="json"))
        [data] = HubRevision.objects.filter(pk=row.pk).values_list("data", flat=True)
        found = HubSpec.stored(data).singleuser.profileList[0]
        assert tuple(found.profile_options["size"].choices) == sizes
        assert ORDER not in str(data)


def test_another_order_is_another_hub():
    there, here = set(), set()
    for sizes in (SIZES, SIZES[::-1], SIZES):
        there.add(render_kubernetes(TARGET, spec(*sizes), SECRETS, SIGN_IN, "running", PLAIN, AGREED).revision)
        here.add(render_local(LOCAL, spec(*sizes), SECRETS, SIGN_IN, "running").revision)
    assert (len(there), len(here)) == (2, 2)
