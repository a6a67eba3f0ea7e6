"""Who is notified of what: the table, and what each person finds in the inbox and by e-mail."""

import doctest
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hubs.audit.rules.verbs import AUDITED, TELLS, VERBS
from hubs.audit.services import events
from hubs.calendar.services import reminders
from hubs.hub.services import hubs
from hubs.models import Event, Hub, Mail, Notification, NotificationChoice, RosterEntry, User
from hubs.notify.pages.samples import samples
from hubs.notify.rules import audience, quiet_hours
from hubs.notify.rules.audience import KINDS, How, While
from hubs.notify.services import choices as notification_choices
from hubs.notify.services import notifying, outbox
from hubs.organizations import services as organizations
from hubs.requests.services import decisions, requests
from hubs.roster.services import roster
from hubs.templatetags.icons import ICONS
from hubs.user_limits.services import rules as limit_services
from portal.tasks import remind, tell
from tests.conftest import member

pytestmark = pytest.mark.django_db


def inboxes(kind: str | None = None) -> dict[str, list[str]]:
    """Return title -> who has it in the inbox."""
    tell()
    found: dict[str, list[str]] = {}
    rows = Notification.objects.filter(**({"kind": kind} if kind else {})).order_by("pk")
    for title, name in rows.values_list("title", "person__username"):
        found.setdefault(title, []).append(name)
    return {title: sorted(names) for title, names in found.items()}


def mailed() -> list[str]:
    return sorted(Mail.objects.values_list("person__username", flat=True))


# --- the table --------------------------------------------------------------------------------------------------------
def test_the_docs_page_is_the_table():
    call_command("audience", "--check")


def test_events_kinds_and_pictures_of_the_table_exist():
    assert all(row.event for row in VERBS.values() if row.tells)
    assert {row.kind for _, row in TELLS} == set(KINDS)
    assert {kind.icon for kind in KINDS.values()} <= set(ICONS)
    names = (
        "subject", "actor", "note", "quoted", "organization", "role", "where", "numbers", "differences", "entry", "acts"
    )  # fmt: skip
    words = {name: name[0] for name in names}
    for verb, row in TELLS:
        assert row.title.format(**words)
        assert " ".join(map(str, row.text)).format(**words) or verb in ("request.comment", "organization.limits")


def test_no_event_has_two_lines_for_the_same_case():
    cases = [(verb, row.when) for verb, row in TELLS]
    assert len(cases) == len(set(cases))


@pytest.mark.parametrize("module", [quiet_hours, reminders, audience])
def test_examples_in_the_code(module):
    assert doctest.testmod(module).failed == 0


# --- quiet hours ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2027-01-04T18:59", "2027-01-04T18:59"),  # 19:59 there
        ("2027-01-04T19:00", "2027-01-05T06:00"),
        ("2027-01-05T05:59", "2027-01-05T06:00"),
        ("2027-01-05T06:00", "2027-01-05T06:00"),
        ("2027-03-27T23:00", "2027-03-28T05:00"),  # in this night, clocks go forward by an hour
        ("2027-10-30T22:00", "2027-10-31T06:00"),  # ... and back
    ],
)
def test_a_night_in_berlin(now, opens):
    start = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert quiet_hours.open_at(start, "Europe/Berlin", time(20), time(7)) == datetime.fromisoformat(opens).replace(
        tzinfo=UTC
    )


def test_a_quiet_noon_and_none_at_all():
    noon = datetime(2027, 1, 4, 12, 30, tzinfo=UTC)
    assert quiet_hours.open_at(noon, "UTC", time(12), time(13)) == datetime(2027, 1, 4, 13, tzinfo=UTC)
    assert quiet_hours.open_at(noon, "UTC", time(13), time(14)) == noon
    assert quiet_hours.open_at(noon, "UTC", None, None) == noon
    assert quiet_hours.open_at(noon, "UTC", time(7), time(7)) == noon


# --- requests ---------------------------------------------------------------------------------------------------------
def test_staff_are_notified_of_requests_that_need_review_and_not_of_auto_approved_ones(
    hub, ask, ines, river, ada, stan, sue
):
    assert inboxes() == {}, "within the limits: no review needed"
    requests.submit(request=ask(ines, river, slug="big-data", **{"about.heads": "500"}), by=ines)
    assert inboxes() == {"“Statistics 101” needs your review": ["stan", "sue"]}
    assert mailed() == ["stan", "sue"]
    row = Notification.objects.get(person=stan)
    assert row.text == "Requested by Ines Duarte of River University."
    assert row.link == f"/requests/{row.request}/"


def test_a_request_decided_before_dispatch_is_not_announced(waiting, stan, sue):
    decisions.reject(request=waiting, by=stan, reason="Not this term.")
    assert inboxes("queue") == {}


def test_the_requester_is_notified_of_a_decision_with_its_reason(waiting, stan, ines, ada, omar):
    decisions.send_back(request=waiting, by=stan, reason="Say how much memory it needs.")
    assert inboxes("decision") == {"Changes requested: “Statistics 101”": ["ines"]}
    assert (
        Notification.objects.get(person=ines).text
        == "Edit the request and send it again. Stan Weber wrote: Say how much memory it needs."
    )


@pytest.mark.parametrize("end", ["reject", "take_back"])
def test_a_decided_request_is_not_new_for_other_staff(end, waiting, stan, sue, ines):
    tell()
    new = Notification.objects.filter(person__in=[stan, sue]).all()
    assert [row.read_at for row in new] == [None, None]
    if end == "reject":
        decisions.reject(request=waiting, by=stan, reason="Too early.")
    else:
        requests.take_back(request=waiting, by=ines)
    tell()
    assert not Notification.objects.filter(person__in=[stan, sue], read_at=None).exists()
    assert Notification.objects.filter(person__in=[stan, sue]).count() == 2


def test_the_requester_is_notified_of_an_approval(waiting, stan, ines):
    decisions.approve(request=waiting, by=stan, seen=waiting.content_hash, note="Have fun.")
    assert inboxes("decision") == {"“Statistics 101” was approved": ["ines"]}
    assert Notification.objects.get(kind="decision").text == "Approved by Stan Weber. “Have fun.”"


def test_a_comment_is_sent_with_its_text_and_an_internal_one_is_not(waiting, stan, ines):
    requests.comment(request=waiting, by=stan, text="Which weeks?")
    requests.comment(request=waiting, by=stan, text="Between us: no.", internal=True)
    requests.comment(request=waiting, by=ines, text="The first two.")
    assert inboxes("comment") == {"Stan Weber commented on “Statistics 101”": ["ines"]}
    assert Notification.objects.get(kind="comment").text == "Which weeks?"


def test_former_members_are_not_notified(waiting, stan, ines):
    ines.memberships.all().delete()
    decisions.reject(request=waiting, by=stan, reason="Not this term.")
    assert inboxes("decision") == {}


# --- hubs -------------------------------------------------------------------------------------------------------------
def became(hub, before, status, why=""):
    Hub.objects.filter(pk=hub.pk).update(status=status)
    events.became(hub, before, status, why=why, request_id="")


def test_the_creator_is_notified_once_that_a_new_hub_is_ready(hub, ines, ada, stan):
    became(hub, "creating", "ready")
    became(hub, "updating", "ready")
    assert inboxes() == {"“Statistics 101” is ready": ["ines"]}
    assert mailed() == ["ines"]


def test_problems_are_sent_to_people_who_can_act(hub, ines, ada, omar, mia, stan, enrol):
    enrol(hub, mia, RosterEntry.Role.ADMIN)  # a member: helps in the hub, and runs nothing here
    became(hub, "ready", "stalled", why="Nobody knows the image.")
    assert inboxes() == {"“Statistics 101” needs attention": ["ada", "ines", "omar", "stan"]}
    assert Notification.objects.filter(text="Nobody knows the image.").count() == 4
    became(hub, "stalled", "ready")
    assert inboxes("hub") == {"“Statistics 101” works again": ["ines", "stan"]}


def test_an_instructor_who_is_hub_admin_is_notified_of_problems(hub, river, enrol, stan):
    tom = member(river, "tom", "Tom", "instructor")
    enrol(hub, tom, RosterEntry.Role.ADMIN)
    became(hub, "ready", "stalled")
    assert "tom" in inboxes("trouble")["“Statistics 101” needs attention"]


def test_a_problem_solved_before_dispatch_is_not_announced(hub, stan):
    became(hub, "ready", "stalled")
    Hub.objects.update(status="ready")
    assert inboxes("trouble") == {}


def test_other_people_are_notified_of_an_action_and_the_actor_is_not(ready_hub, ines, ada, omar):
    hubs.suspend(hub=ready_hub, by=omar)
    assert inboxes() == {"Omar Haddad suspended “Statistics 101”": ["ada", "ines"]}
    assert mailed() == [], "in the inbox only, unless a person chooses otherwise"


# --- people and limits ------------------------------------------------------------------------------------------------
def test_the_person_concerned_is_notified(river, ready_hub, ada, mia, ines):
    roster.add(hub=ready_hub, by=ines, names=["mia", "someone@example.org"])
    roster.add(hub=ready_hub, by=ines, names=["mia"])
    organizations.change_role(membership=mia.memberships.get(), by=ada, role="instructor")
    organizations.remove(membership=mia.memberships.get(), by=ada)
    assert inboxes() == {
        "You now have access to “Statistics 101”": ["mia"],
        "Your role in River University is now instructor": ["mia"],
        "You are no longer a member of River University": ["mia"],
    }


def test_owners_and_admins_are_notified_of_new_members(river, ada, omar, ines, zoe):
    link = organizations.invite(organization=river, by=ada, role="member")
    organizations.accept(invitation=link, by=zoe)
    assert inboxes() == {"Zoe Martin joined River University": ["ada", "omar"]}


def test_staff_are_notified_of_requests_for_user_limits_and_the_requester_of_the_decision(ready_hub, omar, stan, mia):
    wanted = limit_services.Wanted({"memory_mib": 64 * 1024}, None, "A big model")
    [rule] = limit_services.make(hub=ready_hub, by=omar, kind="person", names=["mia"], wanted=wanted, ask=True)
    assert inboxes() == {"Omar Haddad requests higher user limits for “Statistics 101”": ["stan"]}
    limit_services.allow(rule=rule, by=stan)
    assert inboxes("limits") == {"Higher user limits for “Statistics 101” were approved": ["omar"]}


# --- once, and constant -----------------------------------------------------------------------------------------------
def test_an_event_that_is_dispatched_twice_notifies_once(waiting, stan):
    tell()
    Event.objects.update(told_at=None)
    tell()
    assert Notification.objects.filter(person=stan).count() == 1
    assert Mail.objects.count() == 1


def test_queries_do_not_grow_with_the_people(ready_hub, omar, cast):
    def queries() -> int:
        hubs.suspend(hub=ready_hub, by=omar)
        event = Event.objects.filter(type="hub.suspend").latest("pk")
        with CaptureQueriesContext(connection) as asked:
            notifying.tell(event)
        hubs.resume(hub=ready_hub, by=omar)
        return len(asked)

    few = queries()
    admins = [User(username=f"a{n}", email=f"a{n}@example.org", email_verified=True) for n in range(40)]
    User.objects.bulk_create(admins)
    rows = User.objects.filter(username__in=[user.username for user in admins])
    type(omar.memberships.get()).objects.bulk_create(
        type(omar.memberships.get())(organization=ready_hub.organization, user=user, role="admin") for user in rows
    )
    NotificationChoice.objects.bulk_create(NotificationChoice(person=user, kind="changes", how="now") for user in rows)
    assert queries() <= few + 1, "one more: there are mails now"
    assert Mail.objects.count() == 40


def test_a_closed_account_is_not_notified(waiting, stan, sue):
    User.objects.filter(pk=sue.pk).update(is_active=False)
    assert inboxes() == {"“Statistics 101” needs your review": ["stan"]}


# --- choices ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("how", "mails"), [("now", 1), ("daily", 0), ("inbox", 0)])
def test_each_person_chooses_how_to_get_each_kind(how, mails, waiting, stan):
    NotificationChoice.objects.create(person=stan, kind="queue", how=how)
    tell()
    assert Notification.objects.get(person=stan).how == how
    assert Mail.objects.count() == mails
    assert Notification.objects.all().for_digest().count() == (how == "daily")


def test_staff_have_other_defaults(stan, ines):
    assert notification_choices.of(stan)["dates"] == How.INBOX
    assert notification_choices.of(ines)["dates"] == How.NOW


def test_ending_the_daily_mail_ends_only_the_kinds_it_contained(ines):
    NotificationChoice.objects.create(person=ines, kind="changes", how="daily")
    notification_choices.stop(person=ines, kind="digest")
    assert set(notification_choices.of(ines).values()) == {How.NOW, How.INBOX}
    assert notification_choices.of(ines)["trouble"] == How.NOW


# --- reminders --------------------------------------------------------------------------------------------------------
@pytest.fixture
def clock():
    with time_machine.travel("2027-01-11T08:00:00Z", tick=False) as moved:
        yield moved


def look(clock, **later):
    clock.shift(timedelta(**later))
    remind()
    remind()  # two workers
    return inboxes()


def test_reminders_of_a_waiting_request_become_rarer(clock, waiting, stan):
    inboxes()
    times = []
    for hour in range(1, 24 * 9):
        before = Notification.objects.count()
        look(clock, hours=1)
        times += [hour] if Notification.objects.count() > before else []
    assert times == [24, 48, 96, 192]
    last = Notification.objects.latest("pk")
    assert (last.title, last.person) == ("“Statistics 101” still needs review", stan)
    assert last.text == "Sent 8 days ago and not reviewed yet."


def test_a_forgotten_draft_is_reminded_of_once(clock, draft, ines, stan):
    assert look(clock, days=6, hours=23) == {}
    assert look(clock, hours=2) == {"You started “Statistics 101” but did not send it": ["ines"]}
    for _ in range(6):
        look(clock, days=10)
    assert Notification.objects.count() == 1


def test_a_hub_that_stays_stalled(clock, hub, ines, stan):
    became(hub, "ready", "stalled", why="Nobody knows the image.")
    assert len(inboxes("trouble")) == 1
    found = look(clock, hours=25)
    assert found["“Statistics 101” still needs attention"] == ["ines", "stan"]
    Hub.objects.update(status="ready")
    assert look(clock, hours=25) == found, "it runs again"


def test_a_limit_that_is_nearly_used_up_is_reminded_of_once_a_month(clock, hub, river, ada, omar, ines):
    river.total_memory_mib = int(hub.memory_mib / 0.9)
    river.save()
    found = look(clock, hours=1)
    assert found == {"River University has nearly reached a limit": ["ada", "omar"]}
    look(clock, days=10)
    assert Notification.objects.count() == 2
    look(clock, days=20)
    assert Notification.objects.count() == 4, "another month"
    river.total_memory_mib *= 2
    river.save()
    look(clock, days=31)
    assert Notification.objects.count() == 4


def test_reminders_need_the_same_number_of_queries_for_many_requests(clock, ask, ines, river, waiting):
    clock.shift(timedelta(days=8))
    with CaptureQueriesContext(connection) as one:
        reminders.look(timezone.now())
    for n in range(5):
        requests.submit(request=ask(ines, river, slug=f"big-{n}", **{"about.heads": "500"}), by=ines)
        ask(ines, river, slug=f"draft-{n}")
    clock.shift(timedelta(days=8))
    with CaptureQueriesContext(connection) as many:
        reminders.look(timezone.now())
    # Each kind that is found costs a question whether it is known, and one INSERT.
    assert len(many) <= len(one) + 2
    assert Event.objects.filter(type="remind.draft").count() == 5


# --- letters ----------------------------------------------------------------------------------------------------------
def test_every_row_of_the_table_has_a_complete_mail(stan):
    found = samples(stan)
    assert len(found) == len([row for _, row in TELLS if row.when != While.DATES]) + 8
    for name, letter in found.items():
        text, html = letter.text(), letter.html()
        assert letter.subject in text or name == "daily", name
        assert letter.url in text, name
        assert "{" not in text, name
        assert "\n\n\n" not in text, name
        assert html.count("<h1") == 1, name
        assert "None" not in text, name
    assert found["daily"].text().count("* ") == 3


def test_old_notifications_are_deleted(waiting, stan):
    tell()
    assert notifying.forget(timezone.now()) == 0
    assert notifying.forget(timezone.now() + notifying.KEPT + timedelta(days=1)) == 1
    assert outbox.forget(timezone.now() + outbox.KEPT + timedelta(days=1)) == 1


def test_changes_of_notification_settings_have_audit_sentences():
    assert {"account.notifications", "account.calendar", "account.calendar_end"} <= set(AUDITED)
