"""Sending emails: at least once, never lost, and no email delays another.

A worker claims an email by moving `due_at` forward, sends it, and records that. If it dies in between, the email is due
again after LEASE and is sent again with the same Message-ID. Failures are retried with backoff for three days.
"""

import logging
import smtplib
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from hubs.audit.services import events
from hubs.backoff import backoff
from hubs.language import speaking
from hubs.models import Event, Invitation, Mail, Notification, User
from hubs.notify.rules.audience import KINDS
from hubs.notify.rules.quiet_hours import digest_at, digest_day, open_at

from . import mails, notifying
from .mails import Letter

log = logging.getLogger(__name__)
MOST = 200  # emails per call; the next call sends the rest
LONGEST = 60.0  # seconds for which a call claims emails
LEASE = timedelta(minutes=5)  # until another worker retries what a dead one claimed
WORTH = timedelta(days=3)  # after that an email is given up
FIRST, LAST = timedelta(minutes=1), timedelta(hours=6)  # shortest and longest time between two attempts
AWAY = 2  # failures of the server in a row, after which no worker tries it for FIRST
KEPT = timedelta(days=30)
RESEND = timedelta(minutes=10)  # until an invitation can be sent again
FIXED = [name for name, kind in KINDS.items() if kind.fixed]
SHOWN = 50  # notifications in a daily email; the inbox has them all
# Errors about one email; every other OSError (smtplib's are OSErrors) means that the server is not available.
OF_ONE = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
)


def invite(invitation: Invitation) -> Mail:
    """Create the email with the link, in the invitation's own transaction."""
    transaction.on_commit(lambda: events.nudge(events.MAIL))
    return Mail.objects.create(kind=Mail.Kind.INVITATION, invitation=invitation)


def invite_again(invitation: Invitation) -> bool:
    """Send the email of an invitation once more, as a new message. Return False if it is about to be sent, or was sent
    less than RESEND ago."""
    now = timezone.now()
    done = Q(sent_at__lt=now - RESEND) | Q(sent_at=None, dropped_at__isnull=False)
    fresh = {"uid": uuid.uuid4(), "made_at": now, "due_at": now, "attempts": 0, "sent_at": None, "dropped_at": None}
    transaction.on_commit(lambda: events.nudge(events.MAIL))
    return bool(Mail.objects.filter(done, invitation=invitation).update(**fresh, problem=""))


# --- the daily email --------------------------------------------------------------------------------------------------
@transaction.atomic
def _gather(person: User, now: datetime) -> bool:
    """Create this person's daily email from pending notifications. Return False before 7:00, or if it exists."""
    day = digest_day(now, person.zone)
    told = Notification.objects.filter(person=person).for_digest().filter(at__lt=digest_at(day, person.zone))
    if not told.exists() or Mail.objects.filter(person=person, kind=Mail.Kind.DIGEST, day=day).exists():
        return False
    due = open_at(now, person.zone, person.quiet_from, person.quiet_until)
    mail = Mail.objects.create(kind=Mail.Kind.DIGEST, person=person, day=day, due_at=due, made_at=now)
    told.update(mail=mail)
    return True


def gather(now: datetime) -> int:
    """Create the daily emails that are due, and return how many."""
    waits = Notification.objects.filter(person=OuterRef("pk")).for_digest()
    people = User.objects.filter(Exists(waits), is_active=True, email_verified=True)
    return sum(_gather(person, now) for person in people.iterator(500))


# --- contents ---------------------------------------------------------------------------------------------------------
def _said(rows: list[Notification], now: datetime) -> list[tuple[Notification, tuple[str, str]]]:
    """Return the notifications that still apply, with their current title and text."""
    events_of = Event.objects.in_bulk([row.event for row in rows], field_name="uid")
    said = ((row, notifying.again(row, events_of.get(row.event), now)) for row in rows)
    return [(row, words) for row, words in said if words]


def compose(mail: Mail, now: datetime) -> tuple[Letter, str] | None:
    """Return the email and its recipient, or None if it no longer applies or has no recipient."""
    if mail.kind == Mail.Kind.INVITATION:
        row = mail.invitation
        usable = row is not None and row.state(now) == "open" and row.invited_by.is_active
        return (mails.invitation(row), row.email) if row and usable else None
    person = mail.person
    to = mail.to or (person.verified_email if person else "")
    if person is None or not person.is_active or not to:
        return None
    # FIXED ones also when read: an attacker who has the session may have read the inbox.
    new = mail.notifications.filter(Q(read_at=None) | Q(kind__in=FIXED))
    rows = _said(list(new.order_by("at", "pk")[:SHOWN]), now)
    if not rows:
        return None
    if mail.kind == Mail.Kind.DIGEST:
        return mails.digest(rows, person), to
    return mails.notice(rows[0][0], person, rows[0][1]), to


def language(mail: Mail) -> str:
    """Return the language of an email: its reader's, or of the person who invites them."""
    person = mail.invitation.invited_by if mail.invitation else mail.person
    return (person.language if person else "") or "en"


# --- sending ----------------------------------------------------------------------------------------------------------
def _claim(mail: Mail, now: datetime) -> bool:
    """Claim this email. Return False if another worker has it."""
    mine = Mail.objects.all().open().filter(pk=mail.pk, due_at=mail.due_at)
    return bool(mine.update(due_at=now + LEASE, attempts=F("attempts") + 1))


def _drop(mail: Mail, now: datetime, why: str) -> None:
    Mail.objects.all().open().filter(pk=mail.pk).update(dropped_at=now, problem=why)


def _failed(mail: Mail, now: datetime, error: Exception) -> None:
    wait = backoff(mail.attempts + 1, FIRST, LAST)
    words = type(error).__name__  # its text may contain addresses and parts of the email
    log.warning("email %s was not sent (%s); next attempt in %s", mail.uid, words, wait)
    Mail.objects.all().open().filter(pk=mail.pk).update(due_at=now + wait, problem=words)


class _Post:
    """One connection for many emails, opened again after a failure."""

    def __init__(self, connect: Callable[[], BaseEmailBackend] = get_connection) -> None:
        self.connect = connect
        self.open: BaseEmailBackend | None = None

    def send(self, letter: Letter, to: str, mail: Mail) -> None:
        """Send one email. Raise the mail server's errors, and ValueError for an address that can't be sent to."""
        if self.open is None:
            self.open = self.connect()
            self.open.open()
        message = mails.message(letter, to, mail.uid)
        message.connection = self.open
        try:
            if not message.send():
                raise ValueError("no recipient")
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        open_one, self.open = self.open, None
        try:
            if open_one:
                open_one.close()
        except (OSError, smtplib.SMTPException):
            log.info("the mail server closed the connection early")


def _go_out(mail: Mail, post: _Post, now: datetime) -> bool:
    """Send one claimed email. Return False if it was dropped. Raise any error."""
    if now - mail.made_at > WORTH:
        _drop(mail, now, f"given up after three days: {mail.problem}"[:200])
        return False
    with speaking(language(mail)):
        found = compose(mail, now)
        if found is None:
            _drop(mail, now, "no longer applies")
            return False
        letter, to = found
        post.send(letter, to, mail)
    Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), problem="")
    return True


def _postpone(now: datetime) -> None:
    """Postpone all due emails while the server is not available, so that not every worker waits for it."""
    waiting = Mail.objects.all().due(now + FIRST)
    log.warning("the mail server is not available; %s emails postponed", waiting.update(due_at=now + FIRST))


def sends_mail() -> bool:
    """Return whether the portal sends email."""
    return bool(settings.EMAIL_BACKEND != settings.NO_MAIL)


def send(now: datetime) -> int:
    """Send due emails, and return how many were sent: none without a mail server. Never raises because of an email."""
    if not sends_mail():
        return 0
    sent, away, end, post = 0, 0, time.monotonic() + LONGEST, _Post()
    related = ("person", "invitation__organization", "invitation__invited_by")
    for mail in Mail.objects.all().due(now).select_related(*related).order_by("due_at", "pk")[:MOST]:
        if time.monotonic() > end:
            break
        if not _claim(mail, timezone.now()):
            continue
        try:
            sent += _go_out(mail, post, timezone.now())
            away = 0
        except Exception as error:  # one email must not delay another
            _failed(mail, timezone.now(), error)
            if not isinstance(error, (OSError, ValueError)):  # ValueError: an address that can't be sent to
                log.exception("email %s could not be composed", mail.uid)
            away = away + 1 if isinstance(error, OSError) and not isinstance(error, OF_ONE) else 0
        if away >= AWAY:
            _postpone(timezone.now())
            break
    post.close()
    return sent


def forget(now: datetime) -> int:
    """Delete emails that are old, whether sent, given up or never sent for lack of a server, and return how many."""
    return Mail.objects.filter(made_at__lt=now - KEPT).delete()[0]
