"""The contents of emails, as text and as HTML: one layout with one button."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse

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
        return {"letter": self, "choices": choices, "support": support, "portal": name, "home": settings.PORTAL_URL}

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
        person, _, kind = Signer(salt=SALT).unsign(key).partition(".")
    except BadSignature:
        return None
    return int(person), kind


def notice(row: Notification, person: User, said: tuple[str, str]) -> Letter:
    title, text = said
    kind = KINDS[row.kind]
    if kind.fixed:
        why = "You receive this email because it is about the security of your account. It can’t be turned off."
        return Letter(title, [text] if text else [], row.button, whole(row.link), why)
    why = f"You receive this email because emails about “{kind.title}” are turned on in your notification settings."
    return Letter(title, [text] if text else [], row.button, whole(row.link), why, stop_url(person, row.kind))


def digest(rows: Sequence[tuple[Notification, tuple[str, str]]], person: User) -> Letter:
    """Return the daily email. `rows` are notifications with their current title and text."""
    items = [Item(title, text, whole(row.link)) for row, (title, text) in rows]
    more = f", and {len(items) - 1} more notification{'s' if len(items) > 2 else ''}" if len(items) > 1 else ""
    since = "New since your last daily email:"
    why = "You receive this email at most once a day, at 7:00, and only if there are new notifications."
    stop = stop_url(person, DAILY)
    return Letter(f"{items[0].title}{more}", [since], "Open your inbox", whole(reverse("inbox")), why, stop, items)


def invitation(row: Invitation) -> Letter:
    who, place = row.invited_by.display_name, row.organization.name
    lines = [
        f"{who} invites you to join {place} with the role {row.get_role_display().lower()}. It offers JupyterHubs for "
        "courses, labs and workshops.",
        f"The link works once, only for you, until {row.expires_at:%-d %B %Y}. Sign in with an account that has this "
        "email address.",
    ]
    why = f"You receive this email because {who} entered your address. If you ignore it, nothing happens."
    url = whole(reverse("invitation", args=[row.token]))
    return Letter(f"{who} invites you to {place}", lines, "Join", url, why)


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
