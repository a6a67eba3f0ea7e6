"""A token for a program that has no browser: it shows a short code, somebody who is signed in types the code and allows
it, and the program fetches its token (RFC 8628, the OAuth 2.0 device authorization grant)."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from hubs import access
from hubs.audit.services import audit
from hubs.errors import Conflict, DomainError, Invalid
from hubs.models import ApiToken, DeviceGrant, Organization, Scope, User

from . import tokens

CLIENTS = {"hubportal": "Command line"}  # who may ask, and how pages call it
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words (RFC 8628, section 6.1); 8 of 20 are 34 bits
LENGTH = 8
LIFE = timedelta(minutes=10)
INTERVAL = SLOWER = 5  # seconds between two questions; so many more after a hasty one
SLOWEST = 60  # seconds
AT_A_TIME = 30  # codes that wait for one address: a class behind one router, and no flood
KEPT = timedelta(days=1)  # after it expired, so that the program hears why

State = DeviceGrant.State


class DeviceError(DomainError):
    """No token, and why, in a word of RFC 8628 (section 3.5) or RFC 6749 (section 5.2)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _new_code() -> str:
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if not DeviceGrant.objects.filter(user_code=code).exists():
            return code


def _scopes(asked: str) -> list[str]:
    """The scopes that a program names, in their usual order; reading when it names none."""
    wanted = set(asked.split()) or {Scope.READ.value}
    if unknown := wanted - set(Scope.values):
        raise DeviceError("invalid_scope", f"There is no scope “{sorted(unknown)[0][:40]}”.")
    return [scope for scope in Scope.values if scope in wanted]


def begin(*, client: str, scope: str, address: str) -> tuple[DeviceGrant, str]:
    """A code to show and the long one to ask with. Nothing is allowed yet, and nobody is known. Raises DeviceError."""
    if client not in CLIENTS:
        raise DeviceError("invalid_client", "This program is not known here.")
    scopes, now = _scopes(scope), timezone.now()
    if DeviceGrant.objects.all().waiting(now).filter(asked_from=address or None).count() >= AT_A_TIME:
        raise DeviceError("slow_down", "Too many codes wait for your address. Use one of them, or try in ten minutes.")
    code = secrets.token_urlsafe(32)
    row = DeviceGrant.objects.create(
        digest=_digest(code),
        user_code=_new_code(),
        client=client,
        scopes=scopes,
        asked_from=address or None,
        asked_at=now,
        expires_at=now + LIFE,
        interval=INTERVAL,
    )
    return row, code


def find(typed: str, now: datetime) -> DeviceGrant | None:
    """The one that waits with this code, however somebody typed it."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(code) != LENGTH or not set(code) <= set(LETTERS):
        return None
    return DeviceGrant.objects.all().waiting(now).filter(user_code=code).first()


def token_name(grant: DeviceGrant) -> str:
    """How the token is called in its person's list. The code tells two of the same minute apart."""
    place = f" on {grant.asked_from}" if grant.asked_from else ""
    return f"{CLIENTS[grant.client]}{place}, {grant.asked_at:%Y-%m-%d %H:%M} UTC, {grant.shown_code}"


def _decide(grant: DeviceGrant, by: User, state: str, **values: object) -> None:
    rows = DeviceGrant.objects.all().waiting(timezone.now()).filter(pk=grant.pk)
    if not rows.update(state=state, person=by, **values):
        raise Conflict("This code was used already, or it is too old. Ask for a new one.")


@transaction.atomic
def allow(
    *, grant: DeviceGrant, by: User, scopes: Iterable[str], days: int, organization: Organization | None = None
) -> None:
    """The program may fetch a token of `by`, with these of the scopes that it asked for. Raises Invalid by field
    ("scopes", "days"), Conflict."""
    wanted = set(scopes)
    if more := wanted - set(grant.scopes):
        raise Invalid.beside("scopes", f"The program did not ask for “{sorted(more)[0]}”.")
    tokens.check(person=by, by=by, name=token_name(grant), scopes=wanted, days=days)
    granted = [scope for scope in grant.scopes if scope in wanted]
    _decide(grant, by, State.ALLOWED, scopes=granted, days=days, organization=organization)
    told = {"people": [by.username]}
    audit.record("device.allow", by=by, subject=token_name(grant), changes={"scopes": [None, granted]}, tell=told)


@transaction.atomic
def deny(*, grant: DeviceGrant, by: User) -> None:
    """The program hears that it was refused. Raises Conflict."""
    _decide(grant, by, State.DENIED)
    audit.record("device.deny", by=by, subject=token_name(grant))


def collect(*, code: str, client: str) -> tuple[ApiToken, str]:
    """The token, and its text, once somebody has allowed it; a code gives one token only. Raises DeviceError."""
    now = timezone.now()
    row = (
        DeviceGrant.objects.select_related("person", "organization").filter(digest=_digest(code), client=client).first()
    )
    if row is None or row.state == State.USED:
        raise DeviceError("invalid_grant", "This code is not known, or it was used already.")
    if row.state == State.DENIED:
        raise DeviceError("access_denied", "The person said no.")
    if row.expires_at <= now:
        raise DeviceError("expired_token", "Nobody allowed it in time. Ask for a new code.")
    _brake(row, now)
    if row.state == State.WAITING:
        raise DeviceError("authorization_pending", "Nobody has decided yet.")
    return _make(row)


def _brake(row: DeviceGrant, now: datetime) -> None:
    """Raises DeviceError (slow_down) when it asks sooner than it was told to; from then on it has to wait longer."""
    one = DeviceGrant.objects.filter(pk=row.pk)
    rested = Q(polled_at=None) | Q(polled_at__lte=now - timedelta(seconds=row.interval))
    if one.filter(rested).update(polled_at=now):
        return
    one.filter(interval__lt=SLOWEST).update(interval=F("interval") + SLOWER)
    raise DeviceError("slow_down", f"Wait {min(row.interval + SLOWER, SLOWEST)} seconds between two questions.")


@transaction.atomic
def _make(row: DeviceGrant) -> tuple[ApiToken, str]:
    if not DeviceGrant.objects.filter(pk=row.pk, state=State.ALLOWED).update(state=State.USED):
        raise DeviceError("invalid_grant", "This code was used already.")
    person = row.person
    if person is None or not person.is_active:
        raise DeviceError("access_denied", "The person’s account is closed.")
    if row.organization and not access.on_organization(person, row.organization):
        raise DeviceError("access_denied", "The person no longer belongs to that organisation.")
    try:
        return tokens.create(
            person=person, by=person, name=token_name(row), scopes=row.scopes, days=row.days,
            organization=row.organization, client=row.client,
        )  # fmt: skip
    except Invalid as error:  # what was right when it was allowed is no longer
        raise DeviceError("access_denied", error.message) from error


def forget(now: datetime) -> int:
    """Delete what is long over; how many."""
    return DeviceGrant.objects.filter(expires_at__lt=now - KEPT).delete()[0]
