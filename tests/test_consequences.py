"""The consequences of a change, in sentences, and its cost: compared with what is really rendered."""

import pytest

from hubs.models import Cluster, Hub
from hubs.requests.queries import costs
from hubs.requests.queries.consequences import NAMES, consequences, restarts, shapes_servers
from hubs.spec import FIELDS, from_draft, to_draft
from provisioning.contract import HUB, Target
from provisioning.render import render_kubernetes
from tests.runtimes.shapes import AGREED, PLAIN, SECRETS, SIGN_IN
from tests.runtimes.worlds import hub_spec
from tests.words import NO_SERVERS, RESTARTS

CHANGES = {
    "about.title": "Another name",
    "about.description": "Another sentence.",
    "about.heads": "31",
    "about.ends": "2030-01-31",
    "singleuser.memory.limit": "2",
    "singleuser.image.tag": "2026-11-01",
    "singleuser.internet": "closed",
    "hub.concurrentSpawnLimit": "8",
    "cull.timeout": "120",
    "homePage.text": "Welcome.",
    "singleuser.storage.homeMountPath": "/home/rstudio",
}


@pytest.fixture
def spec():
    return hub_spec()


def changed(spec, **texts):
    return from_draft({**to_draft(spec), **texts})


@pytest.mark.parametrize("path", CHANGES)
def test_it_says_a_hub_restarts_when_what_is_rendered_for_it_differs(path, spec):
    before, after = spec, changed(spec, **{path: CHANGES[path]})
    rendered = [rendered_hub(one) for one in (before, after)]
    assert restarts(before, after) is (rendered[0] != rendered[1])


def rendered_hub(spec):
    target = Target("habc23456789", "stat-101", "https://stat-101.hubs.example.edu/")
    made = render_kubernetes(target, spec, SECRETS, SIGN_IN, "running", PLAIN, AGREED, "")
    return next(part.digest for part in made.parts if part.name == HUB)


@pytest.mark.parametrize(
    ("path", "touches"),
    [("singleuser.memory.limit", True), ("singleuser.image.tag", True), ("singleuser.storage.homeMountPath", True),
     ("singleuser.internet", False), ("cull.timeout", False), ("homePage.text", False)],
)  # fmt: skip
def test_it_says_whether_a_server_that_starts_afterwards_differs(path, touches, spec):
    assert shapes_servers(spec, changed(spec, **{path: CHANGES[path]})) is touches


def titles(before, after, **hub):
    return [one.title for one in consequences(before, after, Hub(**{"servers": [], **hub}))]


def test_nothing_happens_when_nothing_changes(spec):
    assert titles(spec, spec) == []


def test_what_only_the_portal_reads_restarts_nothing(spec):
    assert titles(spec, changed(spec, **{"about.ends": "2030-01-31"})) == ["The hub does not restart"]


def test_running_servers_are_counted(spec):
    after = changed(spec, **{"singleuser.memory.limit": "2"})
    two = [{"user": "mia", "name": ""}, {"user": "omar", "name": ""}]
    assert titles(spec, after, servers=two) == [RESTARTS, "2 servers are running."]
    [one] = consequences(spec, after, Hub(servers=[]))
    assert (one.title, one.text[-23:]) == (RESTARTS, f"{NO_SERVERS}.")
    assert "not known" in titles(spec, after, servers=None)[1]


def test_a_suspended_hub_restarts_nothing(spec):
    after = changed(spec, **{"singleuser.storage.type": "none"})
    assert titles(spec, after, desired_state=Hub.Desired.SUSPENDED) == [
        "The hub is suspended",
        "The location of files changes",
    ]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"singleuser.storage.type": "none"}, "The location of files changes"),
        ({"singleuser.storage.homeMountPath": "/home/rstudio"}, "The home directory changes"),
        ({"singleuser.storage.capacity": "20"}, "Home directories grow"),
        ({"singleuser.storage.capacity": "1"}, "New home directories only"),
        ({"singleuser.storage.dynamic.storageClass": "fast"}, "New storage class for new home directories"),
        ({"singleuser.internetExceptions": "203.0.113.7/32 5432"}, "Network access changes immediately"),
        ({"more": "singleuser:\n  networkPolicy:\n    egress: []\n"}, "Network access changes immediately"),
        ({"signIn.method": "tmp"}, "The sign-in method changes"),
        ({"singleuser.internet": "closed"}, "Network access changes immediately"),
    ],
)
def test_changes_that_people_notice_have_a_sentence(spec, changes, title):
    assert title in titles(spec, changed(spec, **changes))


STATIC = {"singleuser.storage.type": "static", "singleuser.storage.static.pvcName": "homes"}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({}, {"singleuser.storage.static.pvcName": "homes"}),  # no home directories are there
        ({}, {"signIn.cilogon.username_claim": "sub"}),  # nobody signs in with this method
        (STATIC, {"singleuser.storage.capacity": "20"}),  # the file server's size is fixed
        ({"singleuser.storage.type": "none"}, {"singleuser.storage.homeMountPath": "/home/rstudio"}),
    ],
)
def test_a_setting_without_effect_has_no_consequence_for_people(first, then, spec):
    """A sentence about a setting without effect would be wrong."""
    before = changed(spec, **first)
    assert [one for one in titles(before, changed(before, **then)) if "hub" not in one and "server" not in one] == []


def test_files_begin_to_be_kept(spec):
    before = changed(spec, **{"singleuser.storage.type": "none"})
    assert "Files will be saved" in titles(before, spec)
    assert "The location of files changes" not in titles(before, spec)


def test_another_file_server_or_folder_is_another_home(spec):
    before = changed(spec, **STATIC)
    for path, value in (("pvcName", "other"), ("subPath", "home/{username}")):
        after = changed(before, **{f"singleuser.storage.static.{path}": value})
        assert "The location of files changes" in titles(before, after)


def test_new_rules_for_idle_servers_apply_to_running_servers(spec):
    """The hub's idle culler applies the rules to all servers; tests/runtimes/test_local_people.py sees it stop one."""
    after = changed(spec, **{"cull.maxAge": "60"})
    one = [{"user": "mia", "name": ""}]
    assert "Rules for stopping idle servers change" in titles(spec, after, servers=one)
    assert "Rules for stopping idle servers change" not in titles(spec, after, servers=[])
    texts = " ".join(one.text for one in consequences(spec, after, Hub(servers=one)))
    assert "nothing changes" not in texts


@pytest.mark.parametrize(
    ("place", "title"),
    [
        ({"runtime": "kubernetes", "enforces_network_policy": True}, "Network access changes immediately"),
        ({"runtime": "kubernetes", "enforces_network_policy": False}, "Network access does not change"),
        ({"runtime": "local"}, ""),
    ],
)
def test_consequences_of_network_access_depend_on_the_cluster(spec, place, title):
    hub = Hub(servers=[], cluster=Cluster(pk=1, **place))
    found = [one.title for one in consequences(spec, changed(spec, **{"singleuser.internet": "closed"}), hub)]
    assert [one for one in found if "Network" in one] == ([title] if title else [])


def test_one_machine_has_folders_and_no_disks(spec):
    hub = Hub(servers=[], cluster=Cluster(pk=1, runtime="local"))
    for changes in (STATIC, {"singleuser.storage.capacity": "20"}, {"singleuser.storage.homeMountPath": "/home/x"}):
        assert len(consequences(spec, changed(spec, **changes), hub)) == 1, "the hub restarts"


def test_a_removed_choice_is_named(spec):
    before = changed(spec, **{"singleuser.profileList": "- display_name: Large\n- display_name: Small\n"})
    after = changed(spec, **{"singleuser.profileList": "- display_name: Small\n"})
    found = consequences(before, after, Hub(servers=[]))
    assert ("No longer offered", "Large.") in [(one.title, one.text[:6]) for one in found]


# --- cost -------------------------------------------------------------------------------------------------------------
POOL = {"name": "teaching", "memory": "64Gi", "cpu": 16, "pricePerHour": 0.64}


def cluster(**prices):
    return Cluster(**{"currency": "EUR", "hours_a_month": 40, "node_pools": [POOL], **prices})


def test_the_sum_is_servers_the_hub_and_homes(spec):
    asked = changed(spec, **{
        "about.heads": "100", "singleuser.memory.guarantee": "1", "singleuser.cpu.guarantee": "0.05",
        "singleuser.storage.capacity": "5",
    })  # fmt: skip
    found = costs.estimate(asked, cluster(storage_price=0.1))
    amounts = {part.label: round(part.amount, 2) for part in found.parts}
    assert amounts == {
        "Servers": 40.0,  # 100 people x 40 hours x 1/64 of 0.64 EUR
        "The hub itself": round(384 / 65536 * 730 * 0.64, 2),
        "Home directories": 50.0,  # 100 x 5 GiB x 0.10 EUR
    }
    assert found.text == "93 EUR"


def test_cores_count_when_they_are_the_larger_share(spec):
    asked = changed(spec, **{"about.heads": "10", "singleuser.cpu.guarantee": "2"})
    servers = costs.estimate(asked, cluster()).parts[0]
    assert servers.amount == pytest.approx(10 * 40 * 2 / 16 * 0.64)


def test_without_prices_nothing_is_estimated(spec):
    assert costs.estimate(spec, cluster(node_pools=[])) is None
    assert costs.estimate(spec, cluster(node_pools=[{"name": "plain"}])) is None


def test_nothing_kept_costs_no_homes(spec):
    asked = changed(spec, **{"singleuser.storage.type": "none"})
    assert [p.label for p in costs.estimate(asked, cluster(storage_price=1)).parts] == ["Servers", "The hub itself"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0 EUR"), (0.4, "less than 1 EUR"), (7.4, "7 EUR"), (48.2, "48 EUR"), (1234, "1,200 EUR"), (123, "120 EUR")],
)
def test_two_digits_are_enough(amount, words):
    assert costs.money(amount, "EUR") == words


def test_every_path_of_a_name_is_a_field():
    assert set(NAMES) <= set(FIELDS)
