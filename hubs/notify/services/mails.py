"""The contents of emails, as text and as HTML: one layout with one button. They are made and rendered in the language
of the person who gets them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse

from hubs.audit.rules.changed import VALUES
from hubs.language import _, calendar_day, plural, spoken
from hubs.models import Invitation, Notification, User
from hubs.notify.rules.audience import KINDS

from .choices import DAILY

SALT = "hubs.mail.stop"


@dataclass(frozen=True)
class Item:
    """One notification in a daily email."""

    title: str
    text: str
    url: str


@dataclass(frozen=True)
class Letter:
    subject: str
    lines: Sequence[str]
    button: str
    url: str
    why: str  # the recipient gets it
    stop: str = ""  # one-click unsubscribe link for emails of this kind
    items: Sequence[Item] = field(default_factory=tuple)

    def context(self) -> dict[str, object]:
        choices = whole(reverse("notification-choices")) if self.stop else ""
        support, name = settings.SUPPORT_CONTACT, "Hub Portal"
        return {
            "letter": self,
            "choices": choices,
            "support": support,
            "portal": name,
            "home": settings.PORTAL_URL,
            "language": spoken(),
        }

    def text(self) -> str:
        return render_to_string("mail/letter.txt", self.context())

    def html(self) -> str:
        return render_to_string("mail/letter.html", self.context())


def whole(path: str) -> str:
    """Return a path of the portal as an absolute URL."""
    return f"{settings.PORTAL_URL}{path}"


def stop_url(person: User, kind: str) -> str:
    """Return the unsubscribe link, which works without signing in and allows nothing else."""
    return whole(reverse("mail-stop", args=[Signer(salt=SALT).sign(f"{person.pk}.{kind}")]))


def read_stop(key: str) -> tuple[int, str] | None:
    """Return (person, kind) of an unsubscribe link, or None if the portal did not sign it."""
    try:
        person, _dot, kind = Signer(salt=SALT).unsign(key).partition(".")
    except BadSignature:
        return None
    return int(person), kind


def notice(row: Notification, person: User, said: tuple[str, str]) -> Letter:
    title, text = said
    kind, button = KINDS[row.kind], _(row.button)  # stored in English
    if kind.fixed:
        why = _("You receive this email because it is about the security of your account. It can’t be turned off.")
        return Letter(title, [text] if text else [], button, whole(row.link), why)
    why = _(
        "You receive this email because emails about “{kind}” are turned on in your notification settings.",
        kind=kind.title,
    )
    return Letter(title, [text] if text else [], button, whole(row.link), why, stop_url(person, row.kind))


def digest(rows: Sequence[tuple[Notification, tuple[str, str]]], person: User) -> Letter:
    """Return the daily email. `rows` are notifications with their current title and text."""
    items = [Item(title, text, whole(row.link)) for row, (title, text) in rows]
    subject, more = items[0].title, len(items) - 1
    if more:
        subject = plural(
            "{title}, and {count} more notification", "{title}, and {count} more notifications", more, title=subject
        )
    since = _("New since your last daily email:")
    why = _("You receive this email at most once a day, at 7:00, and only if there are new notifications.")
    return Letter(subject, [since], _("Open your inbox"), whole(reverse("inbox")), why, stop_url(person, DAILY), items)


def invitation(row: Invitation) -> Letter:
    names = {"person": row.invited_by.display_name, "organization": row.organization.name}
    lines = [
        _(
            "{person} invites you to join {organization} with the role {role}. It offers JupyterHubs for courses, labs "
            "and workshops.",
            role=VALUES["role"][row.role],
            **names,
        ),
        _(
            "The link works once, only for you, until {day}. Sign in with an account that has this email address.",
            day=calendar_day(row.expires_at),
        ),
    ]
    why = _(
        "You receive this email because {person} entered your address. If you ignore it, nothing happens.",
        person=names["person"],
    )
    url = whole(reverse("invitation", args=[row.token]))
    return Letter(_("{person} invites you to {organization}", **names), lines, _("Join"), url, why)


def message(letter: Letter, to: str, uid: UUID) -> EmailMultiAlternatives:
    """Return the message to send. `uid` becomes the Message-ID, so that mail clients show a duplicate once."""
    host = urlsplit(settings.PORTAL_URL).hostname
    headers = {
        "Message-ID": f"<{uid}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: prevents automatic replies
    }
    if letter.stop:
        headers |= {"List-Unsubscribe": f"<{letter.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    answers = [settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else []
    subject = " ".join(letter.subject.split())
    mail = EmailMultiAlternatives(subject, letter.text(), to=[to], headers=headers, reply_to=answers)
    mail.attach_alternative(letter.html(), "text/html")
    return mail
