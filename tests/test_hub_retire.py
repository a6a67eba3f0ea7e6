"""Retiring a hub: what is lost, what is kept and until when, and who may delete it earlier."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.models import AuditEvent, ChangeRequest, Hub

pytestmark = pytest.mark.django_db
KEEP = {"decision": "keep", "days": "30", "confirm": "stat-101"}


def text(response):
    return response.content.decode()


def url(name, hub):
    return reverse(name, args=[hub.uid])


def set_(hub, **values):
    Hub.objects.filter(pk=hub.pk).update(**values)
    hub.refresh_from_db()


def test_retire_asks_for_the_address_and_ends_the_hub(as_, ready_hub, ines, mia):
    client = as_(ines)
    asks = text(client.get(url("hub-retire", ready_hub)))
    assert "What will be lost" in asks
    assert "What will be kept" in asks
    assert 'data-confirm-name="stat-101"' in asks
    for typed in ({}, {"confirm": ""}, {"confirm": "Statistics 101"}, {"confirm": "stat-1011"}):
        response = client.post(url("hub-retire", ready_hub), typed)
        assert response.status_code == 422
        assert "Type stat-101 to confirm." in text(response)
    ready_hub.refresh_from_db()
    assert ready_hub.desired_state == "running"
    assert not ChangeRequest.objects.filter(kind="retire").exists()

    page = text(client.post(url("hub-retire", ready_hub), {"confirm": " stat-101 "}, follow=True))
    assert "Retiring" in page
    assert "Retire…" not in page
    ready_hub.refresh_from_db()
    assert ready_hub.desired_state == "retired"
    assert ChangeRequest.objects.get(kind="retire").state == "approved"
    assert client.post(url("hub-retire", ready_hub), {"confirm": "stat-101"}).status_code == 409
    assert client.get(url("hub-retire", ready_hub)).status_code == 302
    assert client.post(url("hub-resume", ready_hub)).status_code == 409


def test_in_a_cluster_the_files_are_decided_about_first(as_, ready_hub, ines, in_cluster):
    asks = text(as_(ines).get(url("hub-retire", ready_hub)))
    for words in ("Keep for some days", "Delete immediately", 'value="30"', "1 to 365"):
        assert words in asks
    assert "in the archive" not in asks


@pytest.mark.parametrize(("sent", "days"), [({}, 30), ({"days": "365"}, 365), ({"decision": "delete"}, 0),
                                            ({"decision": "delete", "days": ""}, 0)])  # fmt: skip
def test_the_decision_is_kept_with_the_request_and_carried_out(sent, days, as_, ready_hub, ines, in_cluster):
    before = timezone.now()
    page = text(as_(ines).post(url("hub-retire", ready_hub), {**KEEP, **sent}, follow=True))
    request = ChangeRequest.objects.get(kind="retire")
    assert (request.state, request.draft) == ("approved", {"keep_days": days})
    ready_hub.refresh_from_db()
    assert ready_hub.desired_state == "retired"
    if days:
        assert timedelta(days=days) <= ready_hub.keep_files_until - before < timedelta(days=days, minutes=1)
        assert f"{ready_hub.keep_files_until:%-d %B %Y}" in page
        assert f"are kept for {days} days" in request.decision
    else:
        assert ready_hub.keep_files_until is None
        assert "People’s files are deleted with it." in page
        assert "are deleted" in request.decision
    asked = text(as_(ines).get(reverse("request", args=[request.uid])))
    assert (f"archived for {days} days, then deleted." if days else "People’s files are deleted.") in asked


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"days": ""}, "Enter a number of days."),
        ({"days": "0"}, "1 or more"),
        ({"days": "366"}, "365 or less"),
        ({"days": "many"}, "Enter a whole number."),
        ({"decision": "burn"}, "Select a valid choice."),
        ({"decision": ""}, "Choose what happens to people’s files."),
        ({"confirm": "Statistics"}, "Type stat-101 to confirm."),
    ],
)
def test_an_invalid_decision_retires_nothing(sent, words, as_, ready_hub, ines, in_cluster):
    response = as_(ines).post(url("hub-retire", ready_hub), {**KEEP, **sent})
    assert response.status_code == 422
    assert words in text(response)
    if "days" in sent:
        assert f'value="{sent["days"]}"' in text(response) or not sent["days"], "what was typed stays"
    ready_hub.refresh_from_db()
    assert (ready_hub.desired_state, ready_hub.keep_files_until) == ("running", None)
    assert not ChangeRequest.objects.filter(kind="retire").exists()


def test_on_one_machine_there_is_no_decision(as_, ready_hub, ines):
    assert "in the archive" in text(as_(ines).get(url("hub-retire", ready_hub)))
    as_(ines).post(url("hub-retire", ready_hub), {"confirm": "stat-101", "decision": "delete", "days": "x"})
    ready_hub.refresh_from_db()
    assert (ready_hub.desired_state, ready_hub.keep_files_until) == ("retired", None)
    assert ChangeRequest.objects.get(kind="retire").draft == {}


@pytest.fixture
def kept(ready_hub, in_cluster):
    """A hub that was retired a while ago; its files are kept for two more days."""
    until = timezone.now() + timedelta(days=2)
    set_(ready_hub, desired_state="retired", status="retired", retired_at=timezone.now(), keep_files_until=until)
    return ready_hub


def test_the_page_says_until_when_files_are_kept(as_, kept, ines, stan):
    page = text(as_(ines).get(url("hub", kept)))
    assert "Files archived until" in page
    assert f"People’s files are kept until {kept.keep_files_until:%-d %B %Y}" in page
    assert "Delete archived files" not in page
    assert "Delete archived files" in text(as_(stan).get(url("hub", kept)))
    set_(kept, keep_files_until=timezone.now() - timedelta(days=1))
    page = text(as_(stan).get(url("hub", kept)))
    assert "People’s archived files have been deleted." in page
    assert "Delete archived files" not in page


def test_staff_delete_kept_files_after_typing_the_address(as_, kept, stan):
    assert "All files that people had in this hub." in text(as_(stan).get(url("hub-delete-files", kept)))
    response = as_(stan).post(url("hub-delete-files", kept), {"confirm": "stat"})
    assert response.status_code == 422
    kept.refresh_from_db()
    assert kept.keep_files_until
    set_(kept, reconcile_after=None)
    page = text(as_(stan).post(url("hub-delete-files", kept), {"confirm": "stat-101"}, follow=True))
    assert "The files are being deleted." in page
    kept.refresh_from_db()
    assert kept.keep_files_until is None
    assert kept.reconcile_after <= timezone.now(), "workers do it now"
    assert AuditEvent.objects.filter(verb="hub.delete_files", actor="stan").exists()
    assert as_(stan).post(url("hub-delete-files", kept), {"confirm": "stat-101"}).status_code == 409
    assert as_(stan).get(url("hub-delete-files", kept)).status_code == 302


def test_files_of_an_existing_hub_are_never_deleted(as_, ready_hub, stan, in_cluster):
    set_(ready_hub, keep_files_until=timezone.now() + timedelta(days=2))
    assert as_(stan).post(url("hub-delete-files", ready_hub), {"confirm": "stat-101"}).status_code == 409
    ready_hub.refresh_from_db()
    assert ready_hub.keep_files_until
