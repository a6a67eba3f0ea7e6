"""The calendar acts on hubs by itself: reminders, suspension, retirement; a later last day undoes them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from hubs.calendar.services import ending, extension
from hubs.days.queries import ending as words
from hubs.errors import Conflict, Invalid
from hubs.hub.services import hubs
from hubs.models import AuditEvent, ChangeRequest, DateNotice, Hub, Mail, Notification, Organization
from hubs.requests.services import decisions, releases, requests
from hubs.spec import to_draft
from portal.celery import app
from portal.signin.oidc import closed_door
from portal.tasks import keep_dates, tell
from portal.tasks import mail as send_mails
from tests.words import PORTAL

pytestmark = pytest.mark.django_db
LAST = date(2027, 1, 31)
EVERYBODY = ["ada@river.example.edu", "ines@river.example.edu", "omar@river.example.edu"]


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(noon(date(2026, 10, 1)), tick=False) as moved:
        yield moved


@pytest.fixture
def term(clock, ask, ines, river, ada, omar):
    """Ines' hub from 1 October to 31 January, created on its first day and running."""
    draft = ask(ines, river, **{"about.starts": "2026-10-01", "about.ends": LAST.isoformat()})
    hub = Hub.objects.get(pk=requests.submit(request=draft, by=ines).hub_id)
    Hub.objects.filter(pk=hub.pk).update(status="ready", observed_generation=1, url="http://localhost:18000/stat-101/")
    return fresh(hub)


def fresh(hub):
    return Hub.objects.select_related("organization", "cluster", "revision", "created_by").get(pk=hub.pk)


def on(clock, day):
    """Move to that day and run the beat twice, as two workers would."""
    clock.move_to(noon(day))
    beat()
    beat()


def beat():
    """Run the tasks that the beat schedules."""
    keep_dates()
    tell()
    send_mails()


def mails_sent():
    """Return the subjects of sent mails with their recipients."""
    people: dict[str, list[str]] = {}
    for message in mail.outbox:
        people.setdefault(str(message.subject), []).extend(message.to)
    return {subject: sorted(names) for subject, names in people.items()}


def each_day(clock, first, last):
    while first <= last:
        on(clock, first)
        first += timedelta(days=1)


def change(hub, by, **values):
    request = requests.begin_change(
        reason="For the course.", hub=fresh(hub), by=by, values={**to_draft(fresh(hub).spec), **values}
    )
    return requests.submit(request=request, by=by)


def verbs(hub):
    return list(AuditEvent.objects.filter(hub=hub.uid).order_by("pk").values_list("verb", flat=True))


# --- dates on the row -------------------------------------------------------------------------------------------------


def test_the_row_has_the_days_of_the_approved_spec(term, ines):
    assert (term.starts_on, term.ends_on) == (date(2026, 10, 1), LAST)
    change(term, ines, **{"about.starts": "", "about.ends": "2027-03-01"})
    assert (fresh(term).starts_on, fresh(term).ends_on) == (None, date(2027, 3, 1))


def test_a_change_that_waits_changes_no_day(term, ines):
    Organization.objects.update(auto_approve=False)
    assert change(term, ines, **{"about.ends": "2027-03-01"}).state == "submitted"
    assert fresh(term).ends_on == LAST


def test_an_end_from_before_the_calendar_suspends_nothing_when_something_else_changes(term, ines, clock):
    """As the migration leaves it: the spec's last day was over long ago."""
    Hub.objects.update(ends_on=None)
    clock.move_to(noon(date(2027, 6, 1)))
    change(term, ines, **{"about.title": "Statistics again"})
    keep_dates()
    assert fresh(term).ends_on is None
    assert fresh(term).desired_state == "running"


# --- reminders --------------------------------------------------------------------------------------------------------


def test_three_reminders_each_once_to_the_creator_and_the_organisations_admins(term, clock):
    days = [LAST - timedelta(days=n) for n in range(40, 0, -1)]
    sent = []
    for day in days:
        mail.outbox.clear()
        on(clock, day)
        sent += [(day, subject, names) for subject, names in mails_sent().items()]
    assert sent == [
        (date(2027, 1, 1), "Statistics 101 ends in 30 days", EVERYBODY),
        (date(2027, 1, 24), "Statistics 101 ends in 7 days", EVERYBODY),
        (date(2027, 1, 30), "Statistics 101 ends tomorrow", EVERYBODY),
    ]
    assert verbs(term).count("hub.remind") == 3
    assert AuditEvent.objects.filter(verb="hub.remind").first().actor_name == PORTAL
    assert fresh(term).desired_state == "running"


def test_a_mail_says_when_and_where_to_go_on(term, clock, settings):
    settings.SUPPORT_CONTACT = "help@portal.example.org"
    on(clock, LAST - timedelta(days=7))
    message = mail.outbox[0]
    for part in ("Its last day is 31 January 2027", f"/hubs/{term.uid}/extend/", "River University", "help@portal"):
        assert part in message.body
    assert settings.PORTAL_URL in message.body


def test_after_an_outage_one_reminder_and_not_three(term, clock):
    on(clock, LAST - timedelta(days=1))
    assert list(mails_sent()) == ["Statistics 101 ends tomorrow"]


def test_another_last_day_makes_reminders_valid_again(term, clock, ines):
    on(clock, LAST - timedelta(days=30))
    change(term, ines, **{"about.ends": "2027-03-31"})
    each_day(clock, date(2027, 1, 2), date(2027, 2, 28))
    assert mails_sent() == {"Statistics 101 ends in 30 days": EVERYBODY}
    mail.outbox.clear()
    on(clock, date(2027, 3, 1))
    assert mails_sent() == {"Statistics 101 ends in 30 days": EVERYBODY}


def test_choosing_a_near_last_day_sends_no_immediate_reminder(term, clock, ines):
    change(term, ines, **{"about.ends": "2026-10-21"})  # in 20 days
    on(clock, date(2026, 10, 2))
    assert mail.outbox == []
    on(clock, date(2026, 10, 14))
    assert list(mails_sent()) == ["Statistics 101 ends in 7 days"]


def test_former_members_and_unconfirmed_addresses_get_no_mail(term, clock, ines, ada, omar):
    ines.memberships.all().delete()
    ada.email_verified = False
    ada.save()
    on(clock, LAST - timedelta(days=7))
    assert list(mails_sent().values()) == [["omar@river.example.edu"]]


class Refusing(BaseEmailBackend):
    """A mail server that refuses every connection."""

    down = True

    def __init__(self, *args, **kwargs):
        super().__init__()
        self.inner = mail.get_connection("django.core.mail.backends.locmem.EmailBackend")

    def send_messages(self, messages):
        if Refusing.down and messages:
            raise ConnectionRefusedError
        return self.inner.send_messages(messages)


def test_failed_mail_is_retried_and_delays_nothing(term, clock, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.down = True
    on(clock, LAST - timedelta(days=7))
    assert mail.outbox == []
    assert verbs(term).count("hub.remind") == 1
    assert Mail.objects.all().open().count() == 3
    Refusing.down = False
    clock.shift(timedelta(hours=1))
    beat()
    assert mails_sent() == {"Statistics 101 ends in 7 days": EVERYBODY}
    clock.shift(timedelta(hours=1))
    beat()
    assert len(mail.outbox) == 3


def test_an_old_mail_is_not_sent(term, clock, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.down = True
    on(clock, LAST - timedelta(days=7))
    Refusing.down = False
    on(clock, LAST - timedelta(days=3))
    assert mail.outbox == []


def test_an_outdated_reminder_is_not_sent(term, clock, settings):
    """The mail server is down over the last day: "it ends tomorrow" would be wrong by now."""
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    Refusing.down = True
    on(clock, LAST - timedelta(days=1))
    on(clock, LAST + timedelta(days=1))
    Refusing.down = False
    clock.shift(timedelta(hours=1))
    beat()
    assert mails_sent() == {"Statistics 101 has ended": EVERYBODY}
    assert not Mail.objects.all().open().exists()


def test_without_a_mail_server_the_rest_goes_on(term, clock, settings):
    settings.EMAIL_BACKEND = settings.NO_MAIL
    each_day(clock, LAST - timedelta(days=1), LAST + timedelta(days=1))
    assert fresh(term).desired_state == "suspended"
    assert not Mail.objects.exclude(sent_at=None).exists()
    assert [row.title for row in Notification.objects.all()].count("Statistics 101 has ended") == 3


# --- the end ----------------------------------------------------------------------------------------------------------


def test_on_the_day_after_its_last_it_is_suspended_by_the_portal(term, clock):
    on(clock, LAST)
    assert fresh(term).desired_state == "running"
    before = fresh(term)
    on(clock, LAST + timedelta(days=1))
    hub = fresh(term)
    assert (hub.desired_state, hub.status, hub.stopped_by_end) == ("suspended", "suspending", True)
    assert hub.generation == before.generation + 1
    assert hub.wakes > before.wakes
    [event] = AuditEvent.objects.filter(verb="hub.end")
    assert (event.actor, event.note) == ("", "The last day was 31 January 2027.")
    assert mail.outbox[-1].subject == "Statistics 101 has ended"
    assert words(hub, noon(LAST + timedelta(days=1))).title == "The hub ended on 31 January 2027"


def test_the_second_of_two_workers_changes_nothing(term, clock):
    clock.move_to(noon(LAST + timedelta(days=1)))
    [row] = ending._rows(Hub.objects.all())  # both have read the row
    assert ending._end(row, noon(LAST + timedelta(days=1)))
    generation = fresh(term).generation
    assert not ending._end(row, noon(LAST + timedelta(days=1)))
    assert fresh(term).generation == generation
    assert verbs(term).count("hub.end") == 1


def test_an_extension_in_the_same_moment_wins_over_the_end(term, clock, ines):
    clock.move_to(noon(LAST + timedelta(days=1)))
    [row] = ending._rows(Hub.objects.all())
    extension.extend(hub=fresh(term), by=ines, ends=date(2027, 3, 1), reason="The course goes on.")
    assert not ending._end(row, noon(LAST + timedelta(days=1)))
    assert fresh(term).desired_state == "running"


def test_a_hub_that_staff_keep_as_it_is_is_left_alone(term, clock, stan):
    hubs.pause(hub=term, by=stan, reason="Exams are marked in it.")
    each_day(clock, LAST - timedelta(days=30), LAST + timedelta(days=50))
    assert fresh(term).desired_state == "running"
    assert mail.outbox == []
    hubs.unpause(hub=fresh(term), by=stan)
    keep_dates()
    assert fresh(term).desired_state == "suspended"


def test_a_hub_without_a_last_day_goes_on(hub, clock):
    on(clock, date(2040, 1, 1))
    assert fresh(hub).desired_state == "running"
    assert not DateNotice.objects.exists()


def test_a_hub_whose_last_day_is_over_can_not_be_resumed(term, clock, ines):
    on(clock, LAST + timedelta(days=1))
    with pytest.raises(Conflict, match="Extend the hub to resume it"):
        hubs.resume(hub=fresh(term), by=ines)
    assert fresh(term).desired_state == "suspended"


# --- the retirement ---------------------------------------------------------------------------------------------------


def test_after_the_grace_period_it_is_retired_with_notice_a_week_before(term, clock):
    over = LAST + timedelta(days=1)
    each_day(clock, over, over + timedelta(days=22))
    assert mail.outbox[-1].subject == "Statistics 101 has ended"
    on(clock, over + timedelta(days=23))
    assert mail.outbox[-1].subject == "Statistics 101 will be retired on 3 March 2027"
    on(clock, over + timedelta(days=29))
    assert fresh(term).desired_state == "suspended"
    on(clock, over + timedelta(days=30))
    hub = fresh(term)
    assert (hub.desired_state, hub.status) == ("retired", "retiring")
    assert hub.keep_files_until is None, "on one machine there is an archive"
    assert mail.outbox[-1].subject == "Statistics 101 is retired"
    assert "archive" in mail.outbox[-1].body
    assert verbs(term).count("hub.retire") == 1
    assert AuditEvent.objects.get(verb="hub.retire").actor == ""


def test_in_a_cluster_volumes_are_kept_as_when_a_person_retires_it(term, clock, in_cluster):
    over = LAST + timedelta(days=1)
    for days in (0, 23, 30):
        on(clock, over + timedelta(days=days))
    hub = fresh(term)
    assert hub.desired_state == "retired"
    assert hub.keep_files_until == noon(over + timedelta(days=30 + hubs.KEEP_DAYS))
    assert "files are archived until 2 April 2027" in mail.outbox[-1].body


def test_no_hub_is_retired_without_notice_after_an_outage(term, clock):
    on(clock, LAST + timedelta(days=1))
    late = LAST + timedelta(days=60)
    on(clock, late)
    assert fresh(term).desired_state == "suspended"
    assert "will be retired on 8 April 2027" in mail.outbox[-1].subject
    on(clock, late + timedelta(days=7))
    assert fresh(term).desired_state == "retired"


def test_the_grace_period_is_a_setting(term, clock, settings):
    settings.END_GRACE_DAYS = 10
    over = LAST + timedelta(days=1)
    each_day(clock, over, over + timedelta(days=9))
    assert fresh(term).desired_state == "suspended"
    on(clock, over + timedelta(days=10))
    assert fresh(term).desired_state == "retired"


def test_it_is_not_retired_while_a_request_waits_for_staff(term, clock, ines, stan):
    Organization.objects.update(auto_approve=False)
    over = LAST + timedelta(days=1)
    each_day(clock, over, over + timedelta(days=24))
    row = extension.extend(hub=fresh(term), by=ines, ends=date(2027, 6, 30), reason="The course goes on.")
    assert row.state == "submitted"
    each_day(clock, over + timedelta(days=25), over + timedelta(days=40))
    assert fresh(term).desired_state == "suspended"
    decisions.approve(request=row, by=stan, seen=row.content_hash)
    keep_dates()
    hub = fresh(term)
    assert (hub.desired_state, hub.ends_on, hub.ended_at) == ("running", date(2027, 6, 30), None)


def test_open_requests_of_a_hub_that_is_retired_are_closed(term, clock, ines):
    for days in (1, 24):
        on(clock, LAST + timedelta(days=days))
    draft = requests.begin_change(reason="For the course.", hub=fresh(term), by=ines)
    on(clock, LAST + timedelta(days=31))
    assert ChangeRequest.objects.get(pk=draft.pk).state == "superseded"


def test_staff_keep_it_by_a_pause_or_by_removing_the_last_day(term, clock, stan):
    for days in (1, 24):
        on(clock, LAST + timedelta(days=days))
    hubs.pause(hub=fresh(term), by=stan, reason="Somebody looks for a file.")
    on(clock, LAST + timedelta(days=100))
    assert fresh(term).desired_state == "suspended"
    assert change(term, stan, **{"about.ends": ""}).state == "approved"
    hubs.unpause(hub=fresh(term), by=stan)
    on(clock, LAST + timedelta(days=200))
    hub = fresh(term)
    assert (hub.desired_state, hub.ends_on, hub.ended_at) == ("running", None, None)


# --- a later last day -------------------------------------------------------------------------------------------------


def test_an_extension_resumes_a_hub_that_the_calendar_suspended(term, clock, ines):
    on(clock, LAST + timedelta(days=3))
    row = extension.extend(hub=fresh(term), by=ines, ends=date(2027, 3, 31), reason="The course goes on.")
    hub = fresh(term)
    assert row.state == "approved"
    assert (hub.desired_state, hub.status, hub.ends_on) == ("running", "updating", date(2027, 3, 31))
    assert (hub.ended_at, hub.stopped_by_end) == (None, False)
    [event] = AuditEvent.objects.filter(verb="hub.resume")
    assert (event.actor, event.note) == ("", "The last day is now 31 March 2027.")
    keep_dates()
    assert fresh(term).desired_state == "running"


def test_a_hub_that_a_person_suspended_stays_suspended(term, clock, ines):
    hubs.suspend(hub=term, by=ines)
    on(clock, LAST + timedelta(days=1))
    assert fresh(term).stopped_by_end is False
    extension.extend(hub=fresh(term), by=ines, ends=date(2027, 3, 31), reason="The course goes on.")
    assert fresh(term).desired_state == "suspended"
    hubs.resume(hub=fresh(term), by=ines)
    assert fresh(term).desired_state == "running"


@pytest.mark.parametrize("day", [date(2026, 9, 1), date(2026, 10, 1), LAST - timedelta(days=1), LAST])
def test_a_day_that_is_no_extension_is_refused_and_leaves_nothing(term, ines, day):
    before = ChangeRequest.objects.count(), AuditEvent.objects.count()
    with pytest.raises(Invalid) as caught:
        extension.extend(hub=term, by=ines, ends=day)
    assert list(caught.value.errors) == ["ends"]
    assert (ChangeRequest.objects.count(), AuditEvent.objects.count()) == before


def test_the_same_extension_twice_is_one_request(term, ines):
    Organization.objects.update(auto_approve=False)
    extension.extend(hub=term, by=ines, ends=date(2027, 3, 31), reason="The course goes on.")
    with pytest.raises(Conflict, match="already requested"):
        extension.extend(hub=fresh(term), by=ines, ends=date(2027, 3, 31), reason="The course goes on.")
    assert ChangeRequest.objects.filter(hub=term, kind="change").count() == 1


def test_a_retired_hub_can_not_be_extended(term, ines):
    releases.end_for_good(hub=term, by=None, keep_days=None, note="")
    with pytest.raises(Conflict):
        extension.extend(hub=fresh(term), by=ines, ends=date(2027, 3, 31), reason="The course goes on.")


# --- concurrent workers -----------------------------------------------------------------------------------------------


def _worker(start):
    try:
        start.wait()
        beat()
    finally:
        connections.close_all()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("day", "verb", "subject"),
    [
        (LAST - timedelta(days=7), "hub.remind", "Statistics 101 ends in 7 days"),
        (LAST + timedelta(days=1), "hub.end", "Statistics 101 has ended"),
        (LAST + timedelta(days=31), "hub.retire", "Statistics 101 is retired"),
    ],
)
def test_four_workers_at_once_do_it_once(term, clock, day, verb, subject):
    for before in (LAST + timedelta(days=1), LAST + timedelta(days=24)):
        if before < day:
            on(clock, before)
    mail.outbox.clear()
    clock.move_to(noon(day))
    start = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_worker, [start] * 4))
    assert verbs(term).count(verb) == 1
    assert mails_sent() == {subject: EVERYBODY}


# --- many hubs --------------------------------------------------------------------------------------------------------


def test_the_beat_needs_the_same_number_of_queries_for_a_thousand_hubs(term, clock, stan):
    clock.move_to(noon(date(2026, 12, 1)))  # nothing is due

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            beat()
        return len(asked)

    beat()
    one = queries()
    Hub.objects.bulk_create(
        Hub(
            organization=term.organization, cluster=term.cluster, slug=f"hub-{n}", title=f"Hub {n}", created_by=stan,
            revision=term.revision, ends_on=date(2027, 2, 1) + timedelta(days=n % 90),
        )
        for n in range(1000)
    )  # fmt: skip
    assert queries() == one


def test_workers_have_every_task_of_the_beat():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert "portal.keep_dates" in scheduled
    assert scheduled <= set(app.tasks)


def test_signing_in_to_a_hub_that_ended_shows_a_sentence(term, clock, as_, mia, enrol, rf):
    enrol(term, mia)
    on(clock, LAST + timedelta(days=1))
    request = rf.get("/o/authorize/")
    request.user, request.resolver_match = mia, None
    closed = closed_door(request, fresh(term))
    assert closed.status_code == 409
    assert "The hub ended on 31 January 2027. The hub is not running." in closed.content.decode()
