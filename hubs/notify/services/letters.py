"""What the mails say, as text and as HTML: one layout, plain words, one button."""

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
    """One line of a daily mail."""

    title: str
    text: str
    url: str


@dataclass(frozen=True)
class Letter:
    subject: str
    lines: Sequence[str]
    button: str
    url: str
    why: str  # they get it
    stop: str = ""  # one press there, and no more mails of this kind come
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
    """A path of the portal as an address that works in a mail."""
    return f"{settings.PORTAL_URL}{path}"


def stop_url(person: User, kind: str) -> str:
    """Works without signing in, and for nothing but that."""
    return whole(reverse("mail-stop", args=[Signer(salt=SALT).sign(f"{person.pk}.{kind}")]))


def read_stop(key: str) -> tuple[int, str] | None:
    """(person, kind) of such a link; None for one that we did not make."""
    try:
        person, _, kind = Signer(salt=SALT).unsign(key).partition(".")
    except BadSignature:
        return None
    return int(person), kind


def notice(row: Notification, person: User, said: tuple[str, str]) -> Letter:
    title, text = said
    kind = KINDS[row.kind]
    if kind.fixed:
        why = "You get this because it is about the security of your account. It cannot be turned off."
        return Letter(title, [text] if text else [], row.button, whole(row.link), why)
    why = f"You get this because you asked for “{kind.title}” by e-mail, or have not said otherwise."
    return Letter(title, [text] if text else [], row.button, whole(row.link), why, stop_url(person, row.kind))


def digest(rows: Sequence[tuple[Notification, tuple[str, str]]], person: User) -> Letter:
    """The daily mail. `rows` with what each says now."""
    items = [Item(title, text, whole(row.link)) for row, (title, text) in rows]
    more = f" and {len(items) - 1} more" if len(items) > 1 else ""
    since = "Since your last daily mail, this happened:" if more else "Since your last daily mail, one thing happened:"
    why = "This comes once a day at most, at seven, and only when there is something to tell."
    stop = stop_url(person, DAILY)
    return Letter(f"{items[0].title}{more}", [since], "Open your inbox", whole(reverse("inbox")), why, stop, items)


def invitation(row: Invitation) -> Letter:
    who, place = row.invited_by.display_name, row.organization.name
    lines = [
        f"{who} invites you to {place}, as {row.get_role_display().lower()}. There you find JupyterHubs for courses, "
        "labs and workshops.",
        f"The link works once, for you, until {row.expires_at:%-d %B %Y}. Sign in with an account of this address.",
    ]
    why = f"You get this because {who} typed your address. Nothing happens if you do nothing."
    url = whole(reverse("invitation", args=[row.token]))
    return Letter(f"{who} invites you to {place}", lines, "Join", url, why)


def message(letter: Letter, to: str, uid: UUID) -> EmailMultiAlternatives:
    """Ready to be sent. The same `uid` is the same Message-ID, so that a mail program shows a duplicate once."""
    host = urlsplit(settings.PORTAL_URL).hostname
    headers = {
        "Message-ID": f"<{uid}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no "I am on holiday" comes back
    }
    if letter.stop:
        headers |= {"List-Unsubscribe": f"<{letter.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    answers = [settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else []
    subject = " ".join(letter.subject.split())
    mail = EmailMultiAlternatives(subject, letter.text(), to=[to], headers=headers, reply_to=answers)
    mail.attach_alternative(letter.html(), "text/html")
    return mail
