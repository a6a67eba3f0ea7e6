"""Tokens for apps without a browser: the app shows a short code, a signed-in person enters the code and allows access,
and the app fetches its token (RFC 8628, the OAuth 2.0 device authorization grant)."""

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
from hubs.language import _, lazy, plural, speaking
from hubs.models import ApiToken, DeviceGrant, Organization, Scope, User

from . import tokens

CLIENTS = {"hubportal": lazy("Command line")}  # the known client ids, and how pages name them
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so no words (RFC 8628, section 6.1); 8 of 20 letters are 34 bits
LENGTH = 8
LIFE = timedelta(minutes=10)
INTERVAL = SLOWER = 5  # seconds between two requests; SLOWER is added after a request that is too early
SLOWEST = 60  # seconds
AT_A_TIME = 30  # pending codes per IP address: enough for a class behind one router
KEPT = timedelta(days=1)  # after it expired, so that the app gets the reason

State = DeviceGrant.State


class DeviceError(DomainError):
    """No token is issued. `code` is an error of RFC 8628 (section 3.5) or RFC 6749 (section 5.2)."""

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
    """Return the scopes that an app requests, in their usual order; by default `read`."""
    wanted = set(asked.split()) or {Scope.READ.value}
    if unknown := wanted - set(Scope.values):
        raise DeviceError("invalid_scope", _("Unknown scope “{scope}”.", scope=sorted(unknown)[0][:40]))
    return [scope for scope in Scope.values if scope in wanted]


def begin(*, client: str, scope: str, address: str) -> tuple[DeviceGrant, str]:
    """Return a code to show and the long one for token requests. Nothing is granted yet. Raise DeviceError."""
    if client not in CLIENTS:
        raise DeviceError("invalid_client", _("Unknown client."))
    scopes, now = _scopes(scope), timezone.now()
    if DeviceGrant.objects.all().waiting(now).filter(asked_from=address or None).count() >= AT_A_TIME:
        many = _("Too many pending codes for your IP address. Use one of them, or try again in ten minutes.")
        raise DeviceError("slow_down", many)
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
    """Return the pending grant with this code, in any spelling."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    if len(code) != LENGTH or not set(code) <= set(LETTERS):
        return None
    return DeviceGrant.objects.all().waiting(now).filter(user_code=code).first()


def token_name(grant: DeviceGrant) -> str:
    """Return the name of the token in the person's list. The code distinguishes tokens of the same minute. It is
    English, as a name must be the same for the person and for the app."""
    place = f" on {grant.asked_from}" if grant.asked_from else ""
    with speaking("en"):
        return f"{CLIENTS[grant.client]}{place}, {grant.asked_at:%Y-%m-%d %H:%M} UTC, {grant.shown_code}"


def _decide(grant: DeviceGrant, by: User, state: str, **values: object) -> None:
    rows = DeviceGrant.objects.all().waiting(timezone.now()).filter(pk=grant.pk)
    if not rows.update(state=state, person=by, **values):
        raise Conflict(_("This code was already used or has expired. Get a new code in your app."))


@transaction.atomic
def allow(
    *, grant: DeviceGrant, by: User, scopes: Iterable[str], days: int, organization: Organization | None = None
) -> None:
    """Allow the app to fetch a token of `by` with some of the requested scopes. Raise Invalid by field ("scopes",
    "days"), Conflict."""
    wanted = set(scopes)
    if more := wanted - set(grant.scopes):
        raise Invalid.beside("scopes", _("The app did not request “{scope}”.", scope=sorted(more)[0]))
    tokens.check(person=by, by=by, name=token_name(grant), scopes=wanted, days=days)
    granted = [scope for scope in grant.scopes if scope in wanted]
    _decide(grant, by, State.ALLOWED, scopes=granted, days=days, organization=organization)
    told = {"people": [by.username]}
    audit.record("device.allow", by=by, subject=token_name(grant), changes={"scopes": [None, granted]}, tell=told)


@transaction.atomic
def deny(*, grant: DeviceGrant, by: User) -> None:
    """Deny the app access. It is notified at its next request. Raise Conflict."""
    _decide(grant, by, State.DENIED)
    audit.record("device.deny", by=by, subject=token_name(grant))


def collect(*, code: str, client: str) -> tuple[ApiToken, str]:
    """Return the token and its text once it was allowed; a code gives one token only. Raise DeviceError."""
    now = timezone.now()
    row = (
        DeviceGrant.objects.select_related("person", "organization").filter(digest=_digest(code), client=client).first()
    )
    if row is None or row.state == State.USED:
        raise DeviceError("invalid_grant", _("This code is unknown or was already used."))
    if row.state == State.DENIED:
        raise DeviceError("access_denied", _("Access was denied."))
    if row.expires_at <= now:
        raise DeviceError("expired_token", _("The code has expired. Request a new one."))
    _brake(row, now)
    if row.state == State.WAITING:
        raise DeviceError("authorization_pending", _("Access has not been allowed yet."))
    return _make(row)


def _brake(row: DeviceGrant, now: datetime) -> None:
    """Raise DeviceError (slow_down) for a request before the interval is over, and lengthen the interval."""
    one = DeviceGrant.objects.filter(pk=row.pk)
    rested = Q(polled_at=None) | Q(polled_at__lte=now - timedelta(seconds=row.interval))
    if one.filter(rested).update(polled_at=now):
        return
    one.filter(interval__lt=SLOWEST).update(interval=F("interval") + SLOWER)
    seconds = min(row.interval + SLOWER, SLOWEST)
    wait = plural("Wait {count} second between two requests.", "Wait {count} seconds between two requests.", seconds)
    raise DeviceError("slow_down", wait)


@transaction.atomic
def _make(row: DeviceGrant) -> tuple[ApiToken, str]:
    if not DeviceGrant.objects.filter(pk=row.pk, state=State.ALLOWED).update(state=State.USED):
        raise DeviceError("invalid_grant", _("This code was already used."))
    person = row.person
    if person is None or not person.is_active:
        raise DeviceError("access_denied", _("The person’s account is closed."))
    if row.organization and not access.on_organization(person, row.organization):
        raise DeviceError("access_denied", _("The person no longer belongs to that organisation."))
    try:
        return tokens.create(
            person=person, by=person, name=token_name(row), scopes=row.scopes, days=row.days,
            organization=row.organization, client=row.client,
        )  # fmt: skip
    except Invalid as error:  # no longer valid since it was allowed
        raise DeviceError("access_denied", error.message) from error


def forget(now: datetime) -> int:
    """Delete old grants. Return how many."""
    return DeviceGrant.objects.filter(expires_at__lt=now - KEPT).delete()[0]
