"""Consequences of user limits: running servers with other limits, permissions, and groups of a hub's roster."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hubs.hub.services import hubs as hub_services
from hubs.models import Hub, RosterEntry, User, UserLimit
from hubs.requests.services import requests
from hubs.user_limits.services import rules as services
from provisioning.runtimes.kubernetes.rows import agreed_with
from provisioning.user_limits import end_what_is_over, largest

from .rules import at, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(make_rule):
    return make_rule


# --- running servers ----------------------------------------------------------------------------------------------
def serve(stats, *people, started):
    rows = [{"user": name, "name": "", "ready": True, "started": started.isoformat()} for name in people]
    Hub.objects.filter(pk=stats.pk).update(servers=rows)


def test_running_servers_with_other_limits_are_shown(as_, omar, stats, make):
    now = timezone.now()
    serve(stats, "mia", "ines", started=now)
    client = as_(omar)
    assert "differing" not in text(client.get(at("hub-limits", stats)))
    make(memory_mib=4096)
    page = text(client.get(at("hub-limits", stats)))
    assert "1 server runs with different limits" in page
    assert "mia: Memory 1 GiB now, 4 GiB after a restart" in page
    assert at("hub-stop-server", stats) in page
    shown = text(client.get(at("hub-limit-person", stats), {"name": "mia"}))
    assert "A running server has different limits" in shown
    serve(stats, "mia", started=timezone.now())
    assert "differing" not in text(client.get(at("hub-limits", stats))), "restarted since, so it has the new limits"
    services.end(rule=UserLimit.objects.get(), by=omar)
    assert "mia: Memory 4 GiB now, 1 GiB after a restart" in text(client.get(at("hub-limits", stats)))


def test_people_see_their_own_server(as_, mia, ines, stats, make):
    serve(stats, "mia", started=timezone.now())
    make(memory_mib=4096)
    page = text(as_(mia).get(at("hub", stats)))
    assert "Your server runs with different limits than after a restart" in page
    assert "Memory 1 GiB now, 4 GiB after a restart" in page
    assert "Your server" not in text(as_(ines).get(at("hub", stats)))
    student = User.objects.create_user("student")
    RosterEntry.objects.create(hub=stats, user=student)
    serve(stats, "student", started=timezone.now())
    make("everybody", "", cpu=1)
    assert "CPU 2 cores now, 1 core after a restart" in text(as_(student).get(at("hub", stats))), "on the short page"


def test_a_server_older_than_a_change_of_the_hub_is_shown_too(as_, omar, stats):
    serve(stats, "mia", started=timezone.now())
    hub_services.set_user_limits(hub=stats, by=omar, values={"singleuser.memory.limit": "2"})
    assert "mia: Memory 1 GiB now, 2 GiB after a restart" in text(as_(omar).get(at("hub-limits", stats)))


@pytest.mark.parametrize("started", ["", "yesterday", "2026-99-99T00:00:00Z", "2026-11-23T10:00:00"])
def test_a_server_with_an_unknown_start_is_left_out(as_, omar, stats, make, started):
    make()
    Hub.objects.filter(pk=stats.pk).update(servers=[{"user": "mia", "name": "", "started": started}])
    response = as_(omar).get(at("hub-limits", stats))
    assert response.status_code == 200
    assert "differing" not in text(response)


# --- permissions ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not(who, status, as_, cast, stats, make):
    rule, client = make(), as_(cast[who] if who else None)
    before = list(UserLimit.objects.values())
    for name, more in (("hub-limit-new", ()), ("hub-limit", (rule.pk,)), ("hub-limit-file", ())):
        address = at(name, stats, *more)
        assert client.get(address).status_code == status
        assert client.post(address, {"kind": "everybody", "cpu": "1", "text": "name,cpu\nmia,1"}).status_code == status
        assert client.post(address, {"verb": "end"}).status_code == status
    for name in ("hub-limit-person", "hub-limit-csv"):
        response = client.get(at(name, stats), {"name": "mia"})
        assert response.status_code == status
        assert "4 GiB" not in text(response)
    assert list(UserLimit.objects.values()) == before


def test_another_hubs_rule_is_not_found(as_, zoe, lake, stats, make, ask, stan):
    theirs = Hub.objects.get(pk=requests.submit(request=ask(zoe, lake, slug="lake-101"), by=zoe).hub_id)
    rule = make()
    address = at("hub-limit", theirs, rule.pk)
    for who in (zoe, stan):
        assert as_(who).get(address).status_code == 404
        assert as_(who).post(address, {"verb": "end"}).status_code == 404
    rule.refresh_from_db()
    assert rule.ended_at is None


def test_wrong_method_and_a_retired_hub(as_, omar, stats, make):
    rule = make()
    for name, more in (("hub-limit-new", ()), ("hub-limit", (rule.pk,)), ("hub-limit-file", ())):
        assert as_(omar).put(at(name, stats, *more)).status_code == 405
    for name in ("hub-limit-person", "hub-limit-csv"):
        assert as_(omar).post(at(name, stats)).status_code == 405
    Hub.objects.filter(pk=stats.pk).update(desired_state="retired", status="retired")
    for name, more in (("hub-limit-new", ()), ("hub-limit", (rule.pk,))):
        response = as_(omar).post(at(name, stats, *more), {"kind": "everybody", "cpu": "1"})
        assert response.status_code == 409
        assert "This hub is retired" in text(response)
        assert as_(omar).get(at(name, stats, *more)).status_code == 200
    assert UserLimit.objects.count() == 1


def test_queries_do_not_grow_with_rules_and_servers(as_, omar, stats, mia, django_assert_max_num_queries, make):
    def fill(number):
        now = timezone.now()
        UserLimit.objects.bulk_create(
            UserLimit(hub=stats, kind="person", name=f"p{i}@x.example.edu", cpu=1, author=omar, since=now)
            for i in range(number)
        )
        serve(stats, *[f"p{i}@x.example.edu" for i in range(number)], started=timezone.now() - timedelta(days=1))

    client = as_(omar)
    fill(2)
    for name, data in (("hub-limits", {}), ("hub-limit-person", {"name": "mia"}), ("hub-limit-csv", {})):
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(at(name, stats), data)
        fill(30)
        with CaptureQueriesContext(connection) as many:
            client.get(at(name, stats), data)
        assert len(many) == len(few), name


# --- in a cluster -----------------------------------------------------------------------------------------------------
def test_the_namespaces_bounds_include_approved_rules(stats, stan, omar, make):
    def bounds():
        agreed = agreed_with(stats.organization, largest(stats, timezone.now()))
        return agreed.largest_memory_mib, agreed.largest_cpu, agreed.largest_storage_mib

    assert bounds() == (0, 0, 0)
    make(memory_mib=4096)
    make("everybody", "", by=stan, memory_mib=16384, cpu=8)
    make(ask=True, storage_mib=100 * 1024)
    assert bounds() == (16384, 8, 0), "a rule that needs review does not raise the bounds"
    services.allow(rule=UserLimit.objects.waiting().get(), by=stan)
    assert bounds() == (16384, 8, 100 * 1024)
    for rule in UserLimit.objects.living():
        services.end(rule=rule, by=omar)
    assert bounds() == (0, 0, 0)


def test_a_hub_in_a_cluster_is_reconciled_when_its_bounds_may_have_changed(stats, make, teaching, omar):
    def wakes():
        return Hub.objects.values_list("wakes", flat=True).get(pk=stats.pk)

    before = wakes()
    make()
    assert wakes() == before, "one machine has no bounds"
    Hub.objects.filter(pk=stats.pk).update(cluster=teaching)
    stats.refresh_from_db()
    rule = make(cpu=1, until=timezone.now() + timedelta(days=1))
    assert wakes() == before + 1
    assert end_what_is_over(rule.until) == 1
    assert wakes() == before + 2
