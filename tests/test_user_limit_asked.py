"""User limits in the browser: requests to staff, unknown addresses, and groups as they are written."""

import pytest
from django.urls import reverse

from hubs.models import AuditEvent, RosterEntry, RosterGroup, UserLimit
from tests.words import ABOVE_LIMITS


@pytest.fixture
def new(ready_hub):
    return reverse("hub-limit-new", args=[ready_hub.uid])


def page_of(response):
    return " ".join(response.content.decode().split())


def test_a_request_without_a_reason_keeps_its_button_and_says_what_is_missing(as_, omar, mia, new):
    typed = {"kind": "person", "names": "mia", "memory_mib": "900", "verb": "ask"}
    answer = as_(omar).post(new, typed)
    page = page_of(answer)
    assert answer.status_code == 422
    assert ABOVE_LIMITS in page
    assert 'value="ask"' in page
    assert not UserLimit.objects.exists()
    sent = as_(omar).post(new, {**typed, "reason": "Simulations for a thesis"}, follow=True)
    assert "The request was sent to staff. Follow it under Requests." in page_of(sent)


def test_a_changed_request_replaces_the_one_that_staff_have(as_, omar, mia, new, ready_hub):
    typed = {"kind": "person", "names": "mia", "memory_mib": "900", "verb": "ask", "reason": "Simulations for a thesis"}
    as_(omar).post(new, typed)
    first = UserLimit.objects.get()
    one = reverse("hub-limit", args=[ready_hub.uid, first.pk])
    assert "Save and send again" in page_of(as_(omar).get(one))
    as_(omar).post(one, {**typed, "memory_mib": "800"})
    [waiting] = UserLimit.objects.all().waiting()
    assert (waiting.memory_mib, waiting.instead_of) == (800 * 1024, None)
    recalled = as_(omar).post(reverse("hub-limit", args=[ready_hub.uid, waiting.pk]), {"verb": "end"}, follow=True)
    assert "The request was recalled." in page_of(recalled)


def test_an_address_that_no_one_has_is_named(as_, omar, mia, new):
    typed = {"kind": "person", "names": "mia\nnobody@x.org", "cpu": "0.5"}
    page = page_of(as_(omar).post(new, typed, follow=True))
    assert "2 rules were created." in page
    assert "has the email address “nobody@x.org”. Check the spelling." in page


def test_an_empty_rule_names_both_what_is_missing(as_, omar, new):
    page = page_of(as_(omar).post(new, {"kind": "person"}))
    assert "Enter at least one limit." in page
    assert "Enter at least one name." in page


def test_a_group_is_written_as_on_the_list(as_, omar, mia, new, ready_hub):
    entry = RosterEntry.objects.create(hub=ready_hub, user=mia)
    entry.groups.add(RosterGroup.objects.create(hub=ready_hub, name="Lab B", key="lab b"))
    as_(omar).post(new, {"kind": "group", "group": "Lab B", "cpu": "0.5"})
    rules = reverse("hub-limits", args=[ready_hub.uid])
    assert "The group Lab B" in page_of(as_(omar).get(rules))
    checked = as_(omar).get(reverse("hub-limit-person", args=[ready_hub.uid]), {"name": "mia"})
    assert "Rule for the group Lab B" in page_of(checked)
    assert "group,Lab B," in as_(omar).get(reverse("hub-limit-csv", args=[ready_hub.uid])).content.decode()
    assert AuditEvent.objects.get(verb="limit.set").changes["for"] == ["", "the group Lab B"]
