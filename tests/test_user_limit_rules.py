"""Rules of user limits on pages: limits above those of the organisation, rules that expire, and who gets what."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.limits.queries import limits
from hubs.models import AuditEvent, Organization, RosterEntry, UserLimit
from hubs.roster.rules.class_list.reading import read
from hubs.roster.services import class_lists, roster
from hubs.roster.services import groups as roster_groups
from hubs.user_limits.services import rules as services
from provisioning.tasks import end_user_limits
from provisioning.user_limits import end_what_is_over
from tests.words import ABOVE_LIMITS, PORTAL, TOTAL_MEMORY

from .rules import at, gets, text, verbs

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, tzinfo=UTC)  # midnight after Friday


@pytest.fixture
def make(make_rule):
    return make_rule


# --- Omar gives Mia 4 GiB until Friday --------------------------------------------------------------------------------
def test_mia_has_4_gib_until_friday_and_not_afterwards(as_, omar, stats):
    with time_machine.travel(MONDAY, tick=False):
        body = {"kind": "person", "names": "mia", "memory_mib": "4", "until": "2026-11-27", "reason": "Her thesis"}
        response = as_(omar).post(at("hub-limit-new", stats), body, follow=True)
        assert response.status_code == 200
        page = text(response)
        assert "1 rule was created. The change applies to the next server that starts" in page
        assert "Memory 4 GiB" in page
        assert "27 November 2026" in page
        assert "Her thesis" in page
        assert gets(stats, "mia")["memory_mib"] == 4096
        assert gets(stats, "ines")["memory_mib"] == 1024, "nobody else"
        shown = text(as_(omar).get(at("hub-limit-person", stats), {"name": "Mia"}))
        assert "4 GiB" in shown
        assert "Rule for mia" in shown
        assert "through" in shown
        assert "Her thesis" in shown
        assert end_user_limits() == 0
    with time_machine.travel(SATURDAY - timedelta(seconds=1), tick=False):
        assert gets(stats, "mia")["memory_mib"] == 4096, "all of Friday"
        assert end_user_limits() == 0
    with time_machine.travel(SATURDAY, tick=False):
        assert gets(stats, "mia")["memory_mib"] == 1024, "at this moment, whether or not a task has run"
        assert end_user_limits() == 1
        assert end_user_limits() == 0, "notified once"
        shown = text(as_(omar).get(at("hub-limit-person", stats), {"name": "mia"}))
        assert "Rule for mia" not in shown
    made, over = AuditEvent.objects.filter(hub=stats.uid, verb__startswith="limit.").order_by("pk")
    assert (made.verb, made.actor, made.changes["for"]) == ("limit.set", "omar", ["", "mia"])
    assert made.changes["limits"] == ["", "Memory 4 GiB, until 2026-11-28 00:00 UTC"]
    assert (over.verb, over.actor, over.actor_name) == ("limit.run_out", "", PORTAL)
    assert over.changes == {"for": ["mia", ""], "limits": ["Memory 4 GiB", ""]}
    row = UserLimit.objects.get()
    assert (row.ended_at, row.ended_by) == (SATURDAY, None)
    stats.refresh_from_db()
    assert stats.generation == 1, "the hub is not restarted for it"


def test_a_rule_that_was_ended_by_hand_does_not_expire_as_well(make, omar):
    with time_machine.travel(MONDAY, tick=False):
        rule = make(until=SATURDAY)
        services.end(rule=rule, by=omar)
    assert end_what_is_over(SATURDAY) == 0
    assert AuditEvent.objects.filter(verb="limit.run_out").count() == 0


def test_a_requested_rule_expires_when_it_is_not_approved_in_time(make, stan):
    with time_machine.travel(MONDAY, tick=False):
        rule = make(until=SATURDAY, ask=True, memory_mib=16384)
    with time_machine.travel(SATURDAY, tick=False):
        with pytest.raises(Conflict):
            services.allow(rule=rule, by=stan)
        assert end_what_is_over(SATURDAY) == 1
    assert AuditEvent.objects.get(verb="limit.run_out").note == "It had not been approved by then."


# --- who a rule is for ------------------------------------------------------------------------------------------------
def test_rules_for_groups_roles_and_everyone(make, stats, mia, omar, ines):
    stats.roster.get(user=mia).groups.create(hub=stats, name="Lab B", key="lab b")
    make("everybody", "", cpu=1)
    make("group", ":user", memory_mib=1536)
    make("group", "lab b", memory_mib=2048)
    make("group", ":admin", servers=3)
    assert gets(stats, "mia") == {"memory_mib": 2048, "cpu": 1, "gpus": 0, "storage_mib": 5120, "servers": 1}
    assert gets(stats, "omar")["servers"] == 3, "organisation admins are admins of its hubs"
    assert gets(stats, "ines")["servers"] == 3, "she created it"
    assert gets(stats, "omar")["memory_mib"] == 1024
    assert gets(stats, "guest")["cpu"] == 1


def test_an_address_on_the_list_is_the_person_who_signs_in_with_it(stats, make, mia):
    RosterEntry.objects.filter(hub=stats, user=mia).delete()
    entry = RosterEntry.objects.create(hub=stats, email="mia@river.example.edu")
    entry.groups.create(hub=stats, name="Lab B", key="lab b")
    make("group", "lab b", memory_mib=3072)
    assert gets(stats, "mia")["memory_mib"] == 3072
    rule = make("person", "mia@river.example.edu", memory_mib=2048)
    assert rule.name == "mia", "known people are stored by their user name in the hub"
    assert make("person", "new@river.example.edu").name == "new@river.example.edu"


def test_a_list_of_people_at_once(as_, omar, stats, mia, ines):
    body = {"kind": "person", "names": "mia\nines; omar\n mia", "cpu": "1,5"}
    page = text(as_(omar).post(at("hub-limit-new", stats), body, follow=True))
    assert "3 rules were created." in page
    rows = UserLimit.objects.order_by("name").values_list("kind", "name", "cpu", "memory_mib")
    assert list(rows) == [("person", name, 1.5, None) for name in ("ines", "mia", "omar")]
    assert AuditEvent.objects.get(verb="limit.set").changes["for"] == ["", "mia, ines, omar"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"names": "mia, mai, zoe", "cpu": "1"}, "has the user name “mai”"),
        ({"names": "", "cpu": "1"}, "Enter at least one name"),
        ({"names": "=cmd", "cpu": "1"}, "neither a user name nor an email address"),
        ({"names": "\n".join(f"p{n}@river.example.edu" for n in range(501)), "cpu": "1"}, "Enter at most 500 names"),
        ({"names": "mia"}, "Enter at least one limit"),
        ({"kind": "group", "group": "nobody", "cpu": "1"}, "Select a valid choice"),
        ({"kind": "everyone", "cpu": "1"}, "Choose who the rule is for"),
        ({"names": "mia", "memory_mib": "much"}, "Enter a number in GiB"),
        ({"names": "mia", "memory_mib": "nan"}, "Enter a number in GiB"),
        ({"names": "mia", "memory_mib": "0.01"}, "Enter a value from 0.0625 GiB to"),
        ({"names": "mia", "cpu": "-1"}, "Enter a value from 0.01 cores to"),
        ({"names": "mia", "servers": "1.5"}, "Enter a whole number"),
        ({"names": "mia", "servers": "0"}, "Enter a value from 1 server to"),
        ({"names": "mia", "cpu": "1", "until": "2026-13-01"}, "Enter a date"),
        ({"names": "mia", "cpu": "1", "until": "2020-01-01"}, "must not be in the past"),
        ({"names": "mia", "cpu": "1", "until": "2526-01-01"}, "at most five years"),
        ({"names": "mia", "cpu": "1", "reason": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_invalid_values_are_reported_beside_the_field_and_kept(as_, omar, stats, body, words):
    response = as_(omar).post(at("hub-limit-new", stats), {"kind": "person", "reason": "because", **body})
    assert response.status_code == 422
    page = text(response)
    assert words in page
    assert ABOVE_LIMITS not in page, "staff can't help with nonsense"
    if "reason" not in body:
        assert "because" in page, "nothing that was typed is lost"
    assert not UserLimit.objects.exists()
    assert not verbs(stats)


# --- above the organisation limits ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"memory_mib": "16"}, "Memory: above the limit of River University (8 GiB)."),
        ({"cpu": "4"}, "CPU: above the limit of River University (2 cores)."),
    ],
)
def test_above_the_organisation_limits_a_request_to_staff_is_made(as_, omar, stan, stats, values, words):
    client, body = as_(omar), {"kind": "person", "names": "mia", "reason": "Her thesis", **values}
    response = client.post(at("hub-limit-new", stats), body)
    assert response.status_code == 422
    page = text(response)
    assert words in page
    assert "Request higher limits" in page
    assert "Her thesis" in page
    assert not UserLimit.objects.exists()
    before = gets(stats, "mia")

    response = client.post(at("hub-limit-new", stats), {**body, "verb": "ask"}, follow=True)
    assert "The request was sent to staff" in text(response)
    assert "Waiting for staff; not active yet" in text(response)
    person = text(client.get(at("hub-limit-person", stats), {"name": "mia"}))
    assert f'<a href="{at("hub-limit", stats, UserLimit.objects.get().pk)}">' in person
    row = UserLimit.objects.get()
    assert row.since is None
    assert gets(stats, "mia") == before, "it does not count yet"
    assert client.post(at("hub-limit", stats, row.pk), {"verb": "allow"}).status_code == 403

    queue = text(as_(stan).get(reverse("queue")))
    assert at("hub-limit", stats, row.pk) in queue
    assert "Omar Haddad" in queue
    assert "Omar Haddad requests higher limits" in text(as_(stan).get(at("hub-limit", stats, row.pk)))
    as_(stan).post(at("hub-limit", stats, row.pk), {"verb": "allow"})
    [(name, value)] = row.values.items()
    assert gets(stats, "mia")[name] == value
    assert verbs(stats) == [("limit.ask",), ("limit.allow",)]
    assert at("hub-limit", stats, row.pk) not in text(as_(stan).get(reverse("queue")))
    with pytest.raises(Conflict):
        services.allow(rule=row, by=stan)


def test_staff_set_what_is_above_at_once_and_decline_with_a_word(as_, stan, omar, make, stats):
    make(by=stan, gpus=2)
    assert gets(stats, "mia")["gpus"] == 2
    asked = make(ask=True, gpus=4)
    as_(stan).post(at("hub-limit", stats, asked.pk), {"verb": "end", "note": "Two are enough."})
    assert gets(stats, "mia")["gpus"] == 2
    told = AuditEvent.objects.get(verb="limit.decline")
    assert (told.actor, told.note) == ("stan", "Two are enough.")


def test_a_rejection_needs_a_message_and_the_bars_show_what_is_added(as_, stan, make, stats):
    rule = make(ask=True, memory_mib=16 * 1024)
    page = text(as_(stan).get(at("hub-limit", stats, rule.pk)))
    for words in ("Message to the requester", "no end", "+ 15 GiB with this request", f'href="{reverse("queue")}"'):
        assert words in page, words
    for note in ("", "  "):
        answer = as_(stan).post(at("hub-limit", stats, rule.pk), {"verb": "end", "note": note})
        assert answer.status_code == 422
        assert "Enter a message, so that the requester knows why." in text(answer)
    assert UserLimit.objects.waiting().exists()


def test_only_staff_approve_and_not_their_own_requests(make, omar, stan, stats):
    rule = make(ask=True, gpus=4)
    UserLimit.objects.filter(pk=rule.pk).update(author=stan)
    rule.refresh_from_db()
    for who in (omar, stan):
        with pytest.raises(NotAllowed):
            services.allow(rule=rule, by=who)
    assert gets(stats, "mia")["gpus"] == 0


def test_all_hubs_together_count_too(as_, omar, stats, river, mia):
    Organization.objects.filter(pk=river.pk).update(total_memory_mib=35 * 1024)  # 30 people of 1 GiB use it
    client, new = as_(omar), at("hub-limit-new", stats)
    assert client.post(new, {"kind": "person", "names": "mia", "memory_mib": "4"}).status_code == 302  # 33 now
    response = client.post(new, {"kind": "person", "names": "ines", "memory_mib": "4"})
    assert response.status_code == 422
    adds = "Total memory: this adds 3 GiB. With 33 GiB already allocated, the total of 36 GiB"
    assert f"{adds} is above the limit of 35 GiB" in text(response)
    response = client.post(new, {"kind": "everybody", "memory_mib": "2"})
    assert "this adds 30 GiB. With 33 GiB already allocated, the total of 63 GiB is above" in text(response)
    [rule] = UserLimit.objects.all()
    response = client.post(at("hub-limit", stats, rule.pk), {"memory_mib": "6"})
    assert response.status_code == 302, "the rule that it replaces does not count as well"
    assert client.post(new, {"kind": "person", "names": "ines", "memory_mib": "0.5"}).status_code == 302


# --- replacing and ending a rule --------------------------------------------------------------------------------------
def test_a_change_keeps_the_history(as_, omar, stats, make):
    with time_machine.travel(MONDAY, tick=False):
        rule = make(memory_mib=4096)
    page = text(as_(omar).get(at("hub-limit", stats, rule.pk)))
    assert 'value="4"' in page
    assert "for the project" in page
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        as_(omar).post(at("hub-limit", stats, rule.pk), {"memory_mib": "3", "cpu": "1"})
        assert gets(stats, "mia")["memory_mib"] == 3072
        assert gets(stats, "mia", MONDAY)["memory_mib"] == 4096, "the former limit is still in the history"
        old = as_(omar).post(at("hub-limit", stats, rule.pk), {"memory_mib": "2"})
        assert old.status_code == 409, "another admin was faster"
        assert "This rule ended" in text(as_(omar).get(at("hub-limit", stats, rule.pk)))
    told = AuditEvent.objects.get(verb="limit.change")
    assert told.changes["limits"] == ["Memory 4 GiB", "Memory 3 GiB, CPU 1 core"]


def test_a_change_above_the_organisation_limits_keeps_the_old_rule_until_staff_approve(as_, omar, stan, stats, make):
    old = make(memory_mib=4096, until=timezone.now() + timedelta(days=30))
    as_(omar).post(at("hub-limit", stats, old.pk), {"memory_mib": "16", "verb": "ask", "reason": "Her thesis"})
    assert gets(stats, "mia")["memory_mib"] == 4096
    asked = UserLimit.objects.waiting().get()
    services.allow(rule=asked, by=stan)
    assert gets(stats, "mia")["memory_mib"] == 16384, "the old rule, which would have ended by itself, is ended"


def test_a_rule_is_ended(as_, omar, stats, make):
    rule = make()
    page = text(as_(omar).post(at("hub-limit", stats, rule.pk), {"verb": "end"}, follow=True))
    assert "Rule ended for mia" in page
    assert gets(stats, "mia")["memory_mib"] == 1024
    assert as_(omar).post(at("hub-limit", stats, rule.pk), {"verb": "end"}).status_code == 409
    assert verbs(stats) == [("limit.set",), ("limit.end",)]


def test_staff_see_the_limits_the_current_rule_and_earlier_decisions(as_, omar, stan, stats, mia):
    def ask(gib):
        wanted = services.Wanted({"memory_mib": gib * 1024}, reason="Her thesis needs it")
        return services.make(hub=stats, by=omar, kind="person", names=["mia"], wanted=wanted, ask=True)[0]

    first = ask(16)
    page = text(as_(stan).get(at("hub-limit", stats, first.pk)))
    for words in ("16 GiB", "1 GiB", "8 GiB", TOTAL_MEMORY, "This is the first request of this type"):
        assert words in page, words
    assert "Earlier decisions" not in text(as_(omar).get(at("hub-limit", stats, first.pk)))
    services.end(rule=first, by=stan, note="No machine has so much.")
    second = ask(12)
    page = text(as_(stan).get(at("hub-limit", stats, second.pk)))
    assert "No machine has so much." in page
    told = as_(omar).get(f"/api/v1/hubs/{stats.uid}/limits/{second.pk}/standing/").json()
    assert told["asked"] == [{"label": "Memory", "asked": "12 GiB", "now": "1 GiB", "agreed": "8 GiB"}]
    assert [(one["verb"], one["by"], one["limits"]) for one in told["earlier"]] == [
        ("limit.decline", "stan", "Memory 16 GiB")
    ]
    assert [one["name"] for one in told["shared"]] == ["hubs", "total_memory_mib"]


# --- a group that grows -----------------------------------------------------------------------------------------------
@pytest.fixture
def lab(stats, make, mia):
    """Lab B has one person and 1 GiB more for each; the organisation may promise 4 GiB more, including this one."""
    stats.roster.get(user=mia).groups.create(hub=stats, name="Lab B", key="lab b")
    place = stats.organization
    Organization.objects.filter(pk=place.pk).update(total_memory_mib=limits.usage(place).memory_mib + 4 * 1024)
    stats.refresh_from_db()
    make("group", "lab b", memory_mib=2048)
    return stats


def people(many, start=0):
    return [f"tam{n}@river.example.edu" for n in range(start, start + many)]


def test_people_added_to_a_group_count_against_the_organisations_limit(lab, ines, stan):
    roster.add(hub=lab, by=ines, names=people(3), groups=["lab b"])
    for way in (
        lambda: roster.add(hub=lab, by=ines, names=people(1, 3), groups=["Lab B"]),
        lambda: class_lists.apply(hub=lab, by=ines, reading=read("e-mail,group\ntam3@river.example.edu,Lab B\n")),
    ):
        with pytest.raises(Invalid, match="is above the limit of") as error:
            way()
        assert list(error.value.errors) == ["names"]
        assert lab.roster.filter(groups__key="lab b").count() == 4
        assert not lab.roster.filter(email="tam3@river.example.edu").exists(), "no person was added"
    roster.add(hub=lab, by=ines, names=people(2, 3))
    entry = lab.roster.get(email="tam3@river.example.edu")
    with pytest.raises(Invalid) as error, transaction.atomic():
        roster_groups.regroup(hub=lab, by=ines, entries=[entry.pk], add=["Lab B"])
    assert list(error.value.errors) == ["groups"]
    with pytest.raises(Invalid), transaction.atomic():
        roster.change(entry=entry, by=ines, groups=["Lab B"])
    assert limits.usage(lab.organization).memory_mib == lab.organization.total_memory_mib
    roster_groups.regroup(hub=lab, by=stan, entries=[entry.pk], add=["Lab B"])
    assert lab.roster.filter(groups__key="lab b").count() == 5, "staff may"


def test_undo_does_not_exceed_the_organisation_limits(lab, ines):
    roster.add(hub=lab, by=ines, names=people(3), groups=["Lab B"])
    gone = list(lab.roster.filter(email__in=people(3)).values_list("pk", flat=True))
    class_lists.remove(hub=lab, by=ines, entries=gone)
    roster.add(hub=lab, by=ines, names=people(2, 10), groups=["Lab B"])
    with pytest.raises(Invalid), transaction.atomic():
        class_lists.undo(hub=lab, by=ines)
    assert lab.roster.filter(groups__key="lab b").count() == 3


def test_the_page_says_why_a_group_cannot_grow(as_, lab, ines):
    page = text(as_(ines).post(at("hub-people", lab), {"names": "\n".join(people(4)), "groups": "Lab B"}))
    assert "is above the limit of" in page
    assert "Change the user limits or contact staff." in page
    assert not lab.roster.filter(email__in=people(4)).exists()
