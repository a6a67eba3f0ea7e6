"""Requests for user limits stand in one list with the other requests, and in one queue."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.lists.keyset import Both, Ordered
from hubs.lists.of_asked_limits import next_after
from hubs.lists.paging import page_of
from hubs.models import ChangeRequest, UserLimit
from hubs.requests.rules import State
from hubs.requests.services import requests
from hubs.user_limits.services import rules as services
from hubs.user_limits.services.rules import Wanted
from tests.callers import caller
from tests.pages import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(ready_hub, omar, mia):
    """Five requests for more than the organisation allows, one minute after the other."""

    def ask(name="mia", minutes=0, **values):
        wanted = Wanted(values or {"memory_mib": 900 * 1024}, None, "Simulations for a thesis")
        [rule] = services.make(hub=ready_hub, by=omar, kind="person", names=[name], wanted=wanted, ask=True)
        UserLimit.objects.filter(pk=rule.pk).update(made_at=timezone.now() - timedelta(minutes=minutes))
        rule.refresh_from_db()
        return rule

    return ask


@pytest.fixture
def sent(ask, ines, river):
    row = ask(ines, river, slug="big-data", **{"about.heads": "500"})
    return requests.submit(request=row, by=ines)


def listed(client, query="", name="request-list"):
    return [row.name for row in client.get(f"{reverse(name)}?{query}").context["page"]]


def test_the_queue_is_one_list_by_age(as_, stan, asked, sent):
    newer = asked()
    older = asked(minutes=9)
    page = as_(stan).get(reverse("queue"))
    assert [row.pk for row in page.context["page"]] == [f"limit-{older.pk}", sent.pk, f"limit-{newer.pk}"]
    assert reverse("hub-limit", args=[older.hub.uid, older.pk]) in read(page)
    assert len(listed(as_(stan), "kind=limits", "queue")) == 2
    assert listed(as_(stan), "kind=create", "queue") == [sent.name]
    assert listed(as_(stan), "q=mia", "queue") == [row.name for row in page.context["page"] if row.name != sent.name]
    assert listed(as_(stan), "turn=requester", "queue") == []


def test_the_list_of_requests_has_them_in_their_states(as_, omar, ines, stan, mia, asked, sent):
    waiting, refused, recalled, allowed = (asked(minutes=n) for n in range(4))
    services.end(rule=refused, by=stan, note="Too much")
    services.end(rule=recalled, by=omar)
    services.allow(rule=allowed, by=stan)
    services.make(hub=waiting.hub, by=omar, kind="person", names=["mia"], wanted=Wanted({"cpu": 0.5}))
    by_state = {state: len(listed(as_(omar), f"kind=limits&state={state}")) for state in ("", *State)}
    assert by_state == {"": 4, **dict.fromkeys(State, 0), "submitted": 1, "approved": 1, "rejected": 1, "withdrawn": 1}
    for row in UserLimit.objects.all().asked().select_related("ended_by"):
        assert row in UserLimit.objects.all().asked().in_states([row.state])
    assert len(listed(as_(omar), "sort=name")) == len(listed(as_(omar), "sort=oldest")) == 6, "with the hub's own"
    assert "User limits" in read(as_(omar).get(reverse("request-list")))
    assert listed(as_(ines), "kind=limits") == [], "they set no user limits"


def test_after_a_decision_the_next_request_opens(as_, stan, asked, sent):
    first, last = asked(minutes=9), asked()
    assert next_after(first, stan) == sent
    assert next_after(sent, stan).limit == last
    assert next_after(last, stan).limit == first, "else the first"
    at = reverse("hub-limit", args=[first.hub.uid, first.pk])
    page = as_(stan).get(at)
    assert page.context["nav"] == "queue"
    assert ">True<" not in read(page), "the number of requests in the navigation stays a number"
    assert "Then open the next request" in read(page)
    answer = as_(stan).post(at, {"verb": "allow", "next": "1"})
    assert answer["Location"] == reverse("request", args=[sent.uid])
    answer = as_(stan).post(
        reverse("request-decide", args=[sent.uid]),
        {"verb": "reject", "reason": "No", "seen": sent.content_hash, "next": "1"},
    )
    assert answer["Location"] == reverse("hub-limit", args=[last.hub.uid, last.pk])
    assert next_after(last, stan) is None


def test_no_one_is_offered_their_own_request(stan, sent, asked):
    own = asked()
    own.asked_by.add(stan)
    assert next_after(sent, stan) is None


def test_pages_of_two_tables_have_every_row_once(asked, sent, cast, river):
    moment = timezone.now()
    sent_by = {"organization": river, "kind": "create", "state": State.SUBMITTED, "requester": cast["ines"]}
    ChangeRequest.objects.bulk_create(
        ChangeRequest(slug=f"row-{n}", submitted_at=moment + timedelta(seconds=n // 2), **sent_by) for n in range(12)
    )
    for n in range(7):
        UserLimit.objects.filter(pk=asked().pk).update(made_at=moment + timedelta(seconds=n // 2))
    for sign in ("", "-"):
        source = Both([
            Ordered(ChangeRequest.objects.exclude(submitted_at=None), (f"{sign}submitted_at", f"{sign}pk")),
            Ordered(UserLimit.objects.all(), (f"{sign}made_at", f"{sign}pk")),
        ])  # fmt: skip
        whole = source.take(100)
        times = [getattr(row, "submitted_at", None) or row.made_at for row in whole]
        assert times == sorted(times, reverse=bool(sign))
        seen, page = list[Any](), page_of(source, 4, {})
        seen += page
        while page.next:
            before, page = page, page_of(source, 4, {"after": page.next})
            assert list(page_of(source, 4, {"before": page.previous})) == list(before)
            seen += page
        assert seen == whole


def test_both_lists_cost_the_same_for_one_and_for_many(as_, stan, omar, asked, sent):
    def cost(name, person):
        client = as_(person)
        client.get(reverse(name))
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(reverse(name))
        return len(found)

    asked()
    few = cost("queue", stan), cost("request-list", omar)
    for _ in range(6):
        asked()
    assert (cost("queue", stan), cost("request-list", omar)) == few


def test_a_program_sees_the_same_requests(omar, ines, stan, asked, river, lake):
    waiting, refused = asked(minutes=1), asked()
    services.end(rule=refused, by=stan, note="Too much")

    def ids(who, query=""):
        return [row["id"] for row in caller(who)("GET", f"limits/waiting/?{query}").json()["results"]]

    assert ids(omar) == ids(stan) == ids(stan, f"organization={river.slug}") == [waiting.pk]
    assert ids(omar, "state=rejected") == [refused.pk]
    assert ids(ines) == ids(stan, f"organization={lake.slug}") == []
    person = caller(omar)("GET", f"hubs/{waiting.hub.uid}/limits/person/?name=mia").json()
    assert person["waiting"] == [{"rule": waiting.pk, "text": "Memory 900 GiB"}]


def test_a_program_previews_an_import(omar, ready_hub, mia):
    table = {"text": "for,name,cpu\nperson,mia,0.5\n", "dryRun": True}
    found = caller(omar)("PUT", f"hubs/{ready_hub.uid}/limits/table/", table).json()
    assert found["changes"] == [{"line": 2, "whom": "mia", "before": "", "after": "CPU 0.5 cores"}]
    assert not UserLimit.objects.exists()
