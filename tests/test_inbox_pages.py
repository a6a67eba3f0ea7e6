"""The inbox, e-mail settings, the link that ends a kind of mail, the secret calendar address, and the mail gallery."""

import re
import uuid
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.accounts.services import sign_ins
from hubs.calendar.services import links as calendar_links
from hubs.live import channel as live
from hubs.live import connecting
from hubs.models import AuditEvent, CalendarLink, Hub, Notification, NotificationChoice, SignIn
from hubs.notify.rules.audience import KINDS, How
from hubs.notify.services import choices as notification_choices
from hubs.notify.services import mails
from portal.tasks import tell
from tests.project.redis import redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.processes]


def line(person, title="“Statistics 101” is ready", **more):
    facts = {"kind": "hub", "type": "hub.ready", "title": title, "link": "/requests/", "button": "Look", "how": "now"}
    return Notification.objects.create(person=person, event=uuid.uuid4(), **facts | more)


def badge(client) -> str:
    found = re.search(r'<span class="badge">\s*(\S+?)<span', client.get("/inbox/count/").content.decode())
    return found.group(1) if found else ""


# --- the inbox --------------------------------------------------------------------------------------------------------
def test_new_and_all_notifications_are_listed(as_, ines, ada):
    line(ines, "One")
    line(ines, "Two", read_at=timezone.now())
    line(ada, "Somebody else’s")
    page = as_(ines).get("/inbox/").content.decode()
    assert "One" in page
    assert "Two" not in page
    everything = as_(ines).get("/inbox/?show=all").content.decode()
    assert everything.index("Two") < everything.index("One"), "newest first"
    assert "Somebody else" not in everything


def test_an_empty_inbox_says_what_will_come(as_, ines):
    assert "No new notifications" in as_(ines).get("/inbox/").content.decode()
    assert "You are notified here" in as_(ines).get("/inbox/?show=all").content.decode()


def test_following_a_notification_marks_it_read_and_a_prefetch_does_not(as_, ines):
    row, client = line(ines), as_(ines)
    assert client.head(f"/inbox/{row.pk}/").status_code == 302
    assert Notification.objects.unread().count() == 1
    answer = client.get(f"/inbox/{row.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/requests/")
    assert not Notification.objects.unread().exists()


def test_one_or_all_notifications_are_marked_read(as_, ines, ada):
    rows, client = [line(ines) for _ in range(3)], as_(ines)
    others = line(ada)
    assert badge(client) == "3"
    assert client.post(f"/inbox/{rows[0].pk}/read/")["Location"] == "/inbox/"
    assert badge(client) == "2"
    later = line(ines)
    client.post("/inbox/read/", {"until": rows[2].pk, "show": "all"})
    new = set(Notification.objects.all().unread().values_list("pk", flat=True))
    assert new == {others.pk, later.pk}, "what arrived after the page was rendered stays new"
    for wrong in ("", "x", "9" * 30):
        assert client.post("/inbox/read/", {"until": wrong}).status_code == 302
    assert Notification.objects.filter(person=ines).unread().count() == 1


@pytest.mark.parametrize("path", ["/inbox/{}/", "/inbox/{}/read/"])
def test_notifications_of_others_are_not_found(path, as_, ines, ada, stan):
    row = line(ines)
    for person in (ada, stan):
        method = "post" if "read" in path else "get"
        assert getattr(as_(person), method)(path.format(row.pk)).status_code == 404
    assert getattr(Client(), "post" if "read" in path else "get")(path.format(row.pk)).status_code == 302
    assert Notification.objects.unread().count() == 1


def test_marking_read_needs_a_post(as_, ines):
    row = line(ines)
    assert as_(ines).get(f"/inbox/{row.pk}/read/").status_code == 405
    assert as_(ines).get("/inbox/read/").status_code == 405


def test_every_page_shows_how_much_is_new(as_, ines):
    assert 'class="badge"' not in as_(ines).get("/profile/").content.decode()
    for _ in range(120):
        line(ines)
    assert "99+" in as_(ines).get("/profile/").content.decode()
    assert badge(as_(ines)) == "99+"


def test_the_page_costs_the_same_with_many_lines(as_, ines):
    client, asked = as_(ines), []
    for count in (1, 40):
        for _ in range(count):
            line(ines)
        with CaptureQueriesContext(connection) as found:
            client.get("/inbox/")
        asked.append(len(found))
    assert asked[0] == asked[1]
    assert 'rel="next"' in client.get("/inbox/").content.decode()


def test_a_title_is_text(as_, ines):
    line(ines, "<script>alert(1)</script>")
    assert "<script>alert" not in as_(ines).get("/inbox/").content.decode()


def test_a_new_notification_appears_on_open_pages_at_once(waiting, stan, settings, django_capture_on_commit_callbacks):
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        connecting.breaker.reset()
        before = live.position()
        with django_capture_on_commit_callbacks(execute=True):
            tell()
        events = connecting.client(url).xrange(live.STREAM, min=f"({before}")
        assert f"person:{stan.pk}" in str(events)


# --- e-mail settings --------------------------------------------------------------------------------------------------
def choices(**more):
    return {**{f"how-{kind}": "inbox" for kind in KINDS}, **more}


def test_settings_are_read_and_changed(as_, ines):
    night = {"quiet": "on", "quiet_from": "21:00", "quiet_until": "06:30"}
    answer = as_(ines).post("/profile/notifications/", choices(**{"how-hub": "daily"}, **night))
    assert answer.status_code == 302
    ines.refresh_from_db()
    assert (ines.quiet_from, ines.quiet_until) == (time(21), time(6, 30))
    asked = {kind: How.DAILY if kind == "hub" else How.INBOX for kind in KINDS if kind not in ("queue", "security")}
    mine = {**asked, "queue": How.NOW, "security": How.NOW}
    assert notification_choices.of(ines) == mine, "only staff have the queue; security can't be turned off"
    assert AuditEvent.objects.get().verb == "account.notifications"
    as_(ines).post("/profile/notifications/", choices(quiet_from="21:00", quiet_until="06:30"))
    ines.refresh_from_db()
    assert ines.quiet_from is None


def test_all_kinds_at_once_and_the_hour_of_the_daily_email(as_, ines):
    night = {"quiet": "on", "quiet_from": "18:00", "quiet_until": "08:00"}
    answer = as_(ines).post("/profile/notifications/", choices(everything="daily", **night), follow=True)
    assert "The daily email is sent at 8:00." in answer.content.decode()
    chosen = notification_choices.of(ines)
    assert {how for kind, how in chosen.items() if kind not in ("queue", "security")} == {How.DAILY}


def test_the_time_zone_is_chosen_in_the_profile(as_, ines):
    ines.quiet_from, ines.quiet_until = time(21), time(6)
    ines.save()
    as_(ines).post("/profile/", {"name": "Ines", "time_zone": "Europe/Berlin"})
    ines.refresh_from_db()
    assert (ines.time_zone, ines.quiet_from, ines.quiet_until) == ("Europe/Berlin", time(21), time(6))
    assert "Europe/Berlin" in as_(ines).get("/profile/notifications/").content.decode()
    wrong = as_(ines).post("/profile/", {"name": "Ines", "time_zone": "Mars/Olympus"})
    assert (wrong.status_code, set(wrong.context["name_form"].errors)) == (422, {"time_zone"})


def test_sign_ins_show_the_name_of_their_hub(as_, ines, stan, ready_hub):
    sign_ins.worked(person=ines, how=SignIn.How.HUB, subject=ready_hub.uid)
    for page in (as_(ines).get("/profile/"), as_(stan).get("/staff/audit/sign-ins/")):
        assert f'<div class="muted small">{ready_hub.title}</div>' in page.content.decode()


def test_the_page_shows_the_settings_and_offers_quiet_hours(as_, ines, stan):
    NotificationChoice.objects.create(person=ines, kind="hub", how="daily")
    page = as_(ines).get("/profile/notifications/").content.decode()
    assert 'value="20:00"' in page
    assert "how-queue" not in page
    assert "how-queue" in as_(stan).get("/profile/notifications/").content.decode()
    field = page.split('name="how-hub"')[1].split("</select>")[0]
    assert re.search(r'value="daily"\s+selected', field)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"how-hub": "by pigeon"}, "Select a valid choice"),
        ({"quiet": "on", "quiet_from": "", "quiet_until": "07:00"}, "such as 20:00"),
        ({"quiet": "on", "quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time"),
        ({"quiet": "on", "quiet_from": "07:00", "quiet_until": "07:00"}, "Start and end are the same"),
    ],
)
def test_invalid_settings_are_refused(wrong, words, as_, ines):
    answer = as_(ines).post("/profile/notifications/", choices(**wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not NotificationChoice.objects.exists()


# --- the link that ends a kind of mail --------------------------------------------------------------------------------
def test_a_mail_program_ends_a_kind_without_signing_in(ines, settings):
    client = Client(enforce_csrf_checks=True, SERVER_NAME=settings.ALLOWED_HOSTS[0])
    path = mails.stop_url(ines, "hub").removeprefix(settings.PORTAL_URL)
    assert client.get(path).status_code == 200
    assert notification_choices.of(ines)["hub"] == How.NOW, "opening the link changes nothing"
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert notification_choices.of(ines)["hub"] == How.INBOX
    assert notification_choices.of(ines)["trouble"] == How.NOW
    assert client.post(path).status_code == 200, "using it twice is the same as once"
    assert AuditEvent.objects.filter(verb="account.notifications").count() == 1


def test_a_made_up_link_does_nothing(ines, ada, settings):
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    path = mails.stop_url(ines, "hub").removeprefix(settings.PORTAL_URL)
    forged = path.replace(f"/{ines.pk}.hub", f"/{ada.pk}.hub")
    for wrong in (forged, "/mail/stop/1.hub:x/", "/mail/stop/x/", path.replace(".hub:", ".queue:")):
        assert client.post(wrong).status_code == 404
    assert not NotificationChoice.objects.exists()


# --- the calendar -----------------------------------------------------------------------------------------------------
@pytest.fixture
def dated(ready_hub):
    Hub.objects.update(ends_on=timezone.now().date() + timedelta(days=30))
    return ready_hub


def calendar_of(person, as_) -> str:
    client = as_(person)
    client.post("/organizations/river/calendar/address/")
    page = client.get("/organizations/river/calendar/").content.decode()
    return re.search(r'id="calendar-address">[^<]*?(/calendar/[^<]+\.ics)<', page).group(1)


def test_a_calendar_program_reads_without_signing_in(as_, mia, dated):
    answer = as_(None).get(calendar_of(mia, as_))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    assert "SUMMARY:Statistics 101: last day" in answer.content.decode()
    assert AuditEvent.objects.get(verb="account.calendar").actor == "mia"


def test_a_new_address_ends_the_former_and_leaving_ends_it_too(as_, mia, dated):
    first = calendar_of(mia, as_)
    second = calendar_of(mia, as_)
    assert first != second
    assert as_(None).get(first).status_code == 404
    assert as_(None).get(second).status_code == 200
    mia.memberships.all().delete()
    assert as_(None).get(second).status_code == 404


def test_the_address_can_be_revoked(as_, mia, dated):
    path = calendar_of(mia, as_)
    as_(mia).post("/organizations/river/calendar/address/", {"end": "1"})
    assert as_(None).get(path).status_code == 404
    assert not CalendarLink.objects.exists()


def test_an_address_is_signed_and_each_persons_own(as_, mia, omar, zoe, dated):
    path = calendar_of(mia, as_)
    bare = reverse("calendar-feed", args=[CalendarLink.objects.get().key.hex])
    for wrong in (bare, path.replace(".ics", "x.ics"), "/calendar/x.ics"):
        assert as_(None).get(wrong).status_code == 404
    assert (
        calendar_links.address(CalendarLink.objects.get())
        not in as_(omar).get("/organizations/river/calendar/").content.decode()
    )
    assert as_(zoe).post("/organizations/river/calendar/address/").status_code == 404
    assert as_(mia).get("/organizations/river/calendar/address/").status_code == 405
    mia.is_active = False
    mia.save()
    assert as_(None).get(path).status_code == 404


# --- the mail gallery -------------------------------------------------------------------------------------------------
def test_staff_see_every_mail_in_a_frame_without_rights(as_, stan, ada):
    client = as_(stan)
    page = client.get("/staff/mails/").content.decode()
    names = re.findall(r'href="/staff/mails/([a-z0-9-]+)/"', page)
    assert len(names) > 35
    for name in ("invitation", "daily", "dates-in-7"):
        shown = client.get(f"/staff/mails/{name}/")
        assert "frame-src 'self'" in shown["Content-Security-Policy"]
        assert "<iframe" in shown.content.decode()
        html = client.get(f"/staff/mails/{name}/html/")
        assert html["X-Frame-Options"] == "SAMEORIGIN"
        policy = html["Content-Security-Policy"]
        for part in ("default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'", "sandbox"):
            assert part in policy
        assert as_(ada).get(f"/staff/mails/{name}/html/").status_code == 404
    assert client.get("/staff/mails/nothing/").status_code == 404


def test_staff_read_that_no_mail_is_sent(as_, stan, settings):
    assert "Emails are not sent" not in as_(stan).get("/staff/mails/").content.decode()
    settings.EMAIL_BACKEND = settings.NO_MAIL
    assert "Emails are not sent" in as_(stan).get("/staff/mails/").content.decode()
