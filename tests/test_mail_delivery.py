"""Mail is delivered at least once, through a real mail server, whatever that server and the workers do."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from hubs.models import Mail, Notification, NotificationChoice
from hubs.notify.services import outbox
from hubs.organizations import services as organizations
from hubs.requests.services import decisions, requests
from portal.tasks import tell
from tests.mail_server import free_port, mail_server, silent_server
from tests.stack.portal import ROOT, database_url

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
SEND = "import django; django.setup(); from portal.tasks import mail; mail()"


@pytest.fixture
def server(settings):
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as moved:
        yield moved


@pytest.fixture
def asked(waiting, stan, sue):
    """Ines' request needs review: one mail to each of the two members of staff."""
    tell()
    assert Mail.objects.all().open().count() == 2


def send() -> int:
    return outbox.send(timezone.now())


def test_a_mail_has_text_html_and_what_mail_programs_need(server, asked, settings, stan):
    settings.MAIL_REPLY_TO = "help@portal.example.org"
    assert send() == 2
    [mail] = server.of("stan")
    row = Mail.objects.get(person=stan)
    assert mail["Subject"] == "“Statistics 101” needs your review"
    assert mail["Message-ID"] == f"<{row.uid}@127.0.0.1>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "help@portal.example.org"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip().startswith(f"<{settings.PORTAL_URL}/mail/stop/")
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    link = f"{settings.PORTAL_URL}/requests/"
    assert link in text
    assert link in html
    assert "Requested by Ines Duarte of River University." in text
    assert html.count("display:inline-block") == 1, "one button"
    assert (row.sent_at is None, row.dropped_at) == (False, None)
    assert send() == 0, "once"


def test_names_of_people_do_no_harm_in_a_mail(server, asked, stan):
    Notification.objects.filter(person=stan).update(title="<b>Bcc: x</b>\r\nBcc: evil@example.org", text="<script>")
    send()
    [mail] = server.of("stan")
    assert mail["Bcc"] is None
    assert "<script>" not in mail.get_body(("html",)).get_content()


def test_a_refused_address_delays_no_others_and_is_retried_for_three_days(server, asked, stan, sue, clock):
    server.refused = {stan.email}
    assert send() == 1
    assert len(server.of("sue")) == 1
    row = Mail.objects.get(person=stan)
    assert (row.sent_at, row.attempts, row.problem) == (None, 1, "SMTPRecipientsRefused")
    waits = []
    while not Mail.objects.get(pk=row.pk).dropped_at:
        before = timezone.now()
        clock.move_to(Mail.objects.get(pk=row.pk).due_at)
        waits.append(timezone.now() - before)
        assert send() == 0
    assert waits[:4] == [outbox.FIRST * n for n in (1, 2, 4, 8)]
    assert max(waits) == outbox.LAST
    assert timedelta(days=3) < timezone.now() - row.made_at < timedelta(days=3, hours=7)
    assert "three days" in Mail.objects.get(pk=row.pk).problem


def test_an_unreachable_server_is_rarely_called_and_loses_nothing(server, settings, asked, mia, clock):
    for _ in range(5):
        Mail.objects.create(kind="digest", person=mia, day=None)
    there, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    assert send() == 0
    assert Mail.objects.filter(attempts__gt=0).count() == outbox.AWAY, "the others were not tried"
    assert send() == 0, "the server is not called again for a minute"
    assert Mail.objects.filter(attempts__gt=0).count() == outbox.AWAY
    settings.EMAIL_PORT = there
    clock.shift(timedelta(minutes=3))
    assert send() == 2
    assert len(server.inbox) == 2


def test_a_hanging_server_is_given_up_within_its_deadline(server, settings, asked, clock):
    with silent_server(settings):
        assert send() == 0
    assert set(Mail.objects.values_list("problem", flat=True)) <= {"TimeoutError", "SMTPServerDisconnected"}
    clock.shift(timedelta(minutes=3))
    assert send() == 2


def test_a_server_that_fails_during_delivery_gets_the_same_mail_again(server, asked, clock):
    server.drop = 1
    assert send() == 1
    clock.shift(timedelta(minutes=3))
    assert send() == 1
    ids = [mail["Message-ID"] for mail in server.inbox]
    assert len(ids) == 3
    assert len(set(ids)) == 2, "the duplicate has the same Message-ID"


def test_two_workers_send_one_mail(server, asked):
    row = Mail.objects.get(person__username="stan")
    now = timezone.now()
    assert outbox._claim(row, now)
    assert not outbox._claim(row, now), "the second worker read the row before"


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_recording(server, settings, waiting, stan, tmp_path):
    tell()
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("HUBPORTAL_", "DJANGO"))},
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        "HUBPORTAL_VAR": str(tmp_path),
        "HUBPORTAL_ENCRYPTION_KEYS": settings.HUBPORTAL_ENCRYPTION_KEYS[0],
    }
    connection.close()
    worker = subprocess.Popen([sys.executable, "-c", SEND], cwd=ROOT, env=env)
    server.on_message = lambda: os.kill(worker.pid, signal.SIGKILL)  # the server has not confirmed it yet
    assert worker.wait(60) == -signal.SIGKILL
    row = Mail.objects.get(person=stan)
    assert (row.sent_at, row.attempts) == (None, 1)
    assert send() == 0, "another worker may still be sending it"
    server.on_message = lambda: None
    with time_machine.travel(timezone.now() + outbox.LEASE + timedelta(seconds=1)):
        assert send() == 1
    first, second = server.of("stan")
    assert first["Message-ID"] == second["Message-ID"] == f"<{row.uid}@127.0.0.1>"
    assert Mail.objects.get(pk=row.pk).sent_at


# --- outdated mail ----------------------------------------------------------------------------------------------------
def test_mail_about_what_was_decided_or_read_meanwhile_is_not_sent(server, asked, waiting, stan, sue):
    Notification.objects.filter(person=sue).update(read_at=timezone.now())
    decisions.reject(request=waiting, by=stan, reason="Not this term.")
    assert send() == 0
    assert set(Mail.objects.values_list("problem", flat=True)) == {"no longer applies"}


def test_unconfirmed_addresses_and_closed_accounts_get_no_mail(server, asked, stan, sue):
    stan.email_verified = False
    stan.save()
    sue.is_active = False
    sue.save()
    assert send() == 0
    assert server.inbox == []


def test_without_a_mail_server_mails_wait(asked, settings, clock):
    settings.EMAIL_BACKEND = settings.NO_MAIL
    assert send() == 0
    assert Mail.objects.all().open().count() == 2
    clock.shift(timedelta(days=31))
    assert outbox.forget(timezone.now()) == 2


def test_a_mail_that_cannot_be_rendered_delays_no_other(server, asked, stan, sue):
    Notification.objects.filter(person=stan).update(kind="unheard-of")
    assert send() == 1
    assert len(server.of("sue")) == 1
    assert Mail.objects.get(person=stan).problem == "KeyError"


# --- invitations ------------------------------------------------------------------------------------------------------
def test_an_invitation_comes_by_mail_to_its_address(server, river, ada, settings):
    row = organizations.invite(organization=river, by=ada, role="instructor", email="New@Example.org")
    assert send() == 1
    [mail] = server.inbox
    assert mail["To"] == "new@example.org"
    assert mail["Subject"] == "Ada Okafor invites you to River University"
    assert f"/invitations/{row.token}/" in mail.get_body(("plain",)).get_content()
    assert mail["List-Unsubscribe"] is None, "there is no account to choose for"


def test_a_withdrawn_or_open_invitation_is_not_mailed(server, river, ada):
    row = organizations.invite(organization=river, by=ada, role="member", email="new@example.org")
    organizations.invite(organization=river, by=ada, role="member")
    organizations.revoke(invitation=row, by=ada)
    assert send() == 0
    assert server.inbox == []


# --- the daily mail ---------------------------------------------------------------------------------------------------
@pytest.fixture
def in_berlin(stan):
    """Stan gets a daily mail, in Berlin (UTC+1 in winter)."""
    stan.time_zone = "Europe/Berlin"
    stan.save()
    NotificationChoice.objects.create(person=stan, kind="queue", how="daily")
    return stan


def test_the_daily_mail_is_sent_at_seven_in_the_readers_time_zone(server, in_berlin, ask, ines, river):
    with time_machine.travel("2027-01-11T15:00:00Z", tick=False) as clock:
        for slug in ("big-data", "bigger-data"):
            requests.submit(request=ask(ines, river, slug=slug, **{"about.heads": "500"}), by=ines)
        tell()
        assert outbox.gather(timezone.now()) == 0
        clock.move_to("2027-01-12T05:59:00Z")
        assert outbox.gather(timezone.now()) == 0, "it is 6:59 there"
        clock.move_to("2027-01-12T06:00:00Z")
        assert [outbox.gather(timezone.now()) for _ in range(2)] == [1, 0]
        assert send() == 1
        [mail] = server.of("stan")
        assert mail["Subject"].strip() == "“Statistics 101” needs your review, and 1 more notification"
        assert mail.get_body(("plain",)).get_content().count("/requests/") == 2
        clock.move_to("2027-01-13T06:00:00Z")
        assert outbox.gather(timezone.now()) == 0, "nothing new"


def test_quiet_hours_hold_a_mail_until_they_are_over(server, stan, ask, ines, river):
    stan.time_zone, stan.quiet_from, stan.quiet_until = "Europe/Berlin", "20:00", "07:00"
    stan.save()
    with time_machine.travel("2027-01-11T20:30:00Z", tick=False) as clock:
        requests.submit(request=ask(ines, river, slug="big-data", **{"about.heads": "500"}), by=ines)
        tell()
        assert Notification.objects.filter(person=stan).exists(), "the inbox does not wait"
        assert send() == 0
        clock.move_to("2027-01-12T05:59:59Z")
        assert send() == 0
        clock.move_to("2027-01-12T06:00:00Z")
        assert send() == 1
