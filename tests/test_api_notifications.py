"""The inbox, the notification settings and the calendar address in the API."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from hubs.accounts.services import tokens
from hubs.models import AuditEvent, CalendarLink, Notification, NotificationChoice
from hubs.notify.rules.audience import KINDS, How
from hubs.notify.services import choices as notification_choices

pytestmark = pytest.mark.django_db
API = "/api/v1/notifications/"
SAID = {"kinds": {"hub": "daily"}, "timeZone": "Europe/Berlin", "quietFrom": "21:00", "quietUntil": "06:30"}


def line(person, **more):
    facts = {"kind": "hub", "type": "hub.ready", "title": "It is ready", "link": "/", "button": "Look", "how": "now"}
    return Notification.objects.create(person=person, event=uuid.uuid4(), **facts | more)


@pytest.fixture
def by_token(settings):
    def client(person, *scopes, **place) -> Client:
        _, text = tokens.create(person=person, by=person, name="t", scopes=list(scopes), days=3, **place)
        return Client(SERVER_NAME=settings.ALLOWED_HOSTS[0], headers={"Authorization": f"Bearer {text}"})

    return client


def test_reading_the_inbox(by_token, ines, ada):
    first, second = line(ines), line(ines, read_at=timezone.now())
    line(ada)
    client = by_token(ines, "read", "request")
    assert [row["id"] for row in client.get(API).json()["results"]] == [second.pk, first.pk]
    [row] = client.get(f"{API}?unread=true").json()["results"]
    assert row["title"] == "It is ready"
    assert row["link"].startswith("http://127.0.0.1")
    assert row["readAt"] is None
    read = client.post(f"{API}{first.pk}/read/")
    assert read.status_code == 200
    assert read.json()["readAt"].endswith("Z")
    assert client.get(f"{API}?unread=true").json()["results"] == []


def test_marking_all_up_to_what_was_seen(by_token, ines):
    rows = [line(ines) for _ in range(3)]
    client = by_token(ines, "request")
    answer = client.post(f"{API}read/", {"until": rows[1].pk}, content_type="application/json")
    assert answer.json() == {"read": 2}
    for wrong in ({}, {"until": 0}, {"until": "x"}, {"until": 2**70}, {"until": 1, "more": 1}):
        assert client.post(f"{API}read/", wrong, content_type="application/json").status_code == 422
    assert Notification.objects.all().unread().count() == 1


def test_a_token_for_one_organisation_reads_notifications_of_that_organisation_only(by_token, ada, river, ready_hub):
    here = line(ada, organization="river", hub=ready_hub.uid)
    line(ada, organization="lake")
    place = line(ada, organization="river")
    of_hub = by_token(ada, "read", "request", hub=ready_hub)
    assert [row["id"] for row in of_hub.get(API).json()["results"]] == [here.pk]
    of_river = by_token(ada, "read", "request", organization=river)
    assert {row["id"] for row in of_river.get(API).json()["results"]} == {here.pk, place.pk}
    of_river.post(f"{API}read/", {"until": 10**9}, content_type="application/json")
    assert Notification.objects.all().unread().count() == 1
    assert of_river.put(f"{API}choices/", SAID, content_type="application/json").status_code == 403
    assert not NotificationChoice.objects.exists()


def test_settings_are_read_and_changed(by_token, ines):
    client = by_token(ines, "read", "request")
    before = client.get(f"{API}choices/")
    assert before.json()["kinds"]["hub"] == "now"
    assert set(before.json()["kinds"]) == set(KINDS)
    answer = client.put(f"{API}choices/", SAID, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json() == {**SAID, "kinds": {**before.json()["kinds"], "hub": "daily"}}
    assert notification_choices.of(ines)["hub"] == How.DAILY
    stale = {"If-Match": before["ETag"]}
    assert client.put(f"{API}choices/", SAID, content_type="application/json", headers=stale).status_code == 412
    assert AuditEvent.objects.filter(verb="account.notifications").count() == 1


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"kinds": {"nothing": "now"}}, "kinds.nothing"),
        ({"kinds": {"hub": "by pigeon"}}, "kinds.hub"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"quietUntil": None}, "quietUntil"),
        ({"quietFrom": "25:00"}, "quietFrom"),
    ],
)
def test_invalid_settings_are_refused(wrong, path, by_token, ines):
    answer = by_token(ines, "request").put(f"{API}choices/", {**SAID, **wrong}, content_type="application/json")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [path]
    assert not NotificationChoice.objects.exists()


def test_a_calendar_address(by_token, mia, ada, zoe):
    path = "/api/v1/organizations/river/calendar-address/"
    client = by_token(mia, "administer")
    json = {"content_type": "application/json", "headers": {"Idempotency-Key": "one"}}
    answer = client.post(path, **json)
    assert answer.status_code == 201
    assert Client().get(answer.json()["secret"].partition("127.0.0.1:8000")[2]).status_code == 200
    again = client.post(path, **json)
    assert again.json() == {"secret": None}, "shown once"
    assert CalendarLink.objects.count() == 1
    assert by_token(zoe, "administer").post(path).status_code == 404
    assert client.delete(path).status_code == 204
    assert not CalendarLink.objects.exists()
