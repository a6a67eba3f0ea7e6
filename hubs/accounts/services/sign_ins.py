"""Records of successful and failed sign-ins. Address and browser are read from hubs.request_context, as for the audit.

Nothing here may prevent a sign-in, and an attacker can't make the table grow: there is a row per method, person,
address and browser in a window of time, and a coarser row above the bounds below.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from hubs import request_context
from hubs.audit.services import events
from hubs.errors import TooMany
from hubs.language import _
from hubs.live import rate_limit
from hubs.live.places import browser_family, network
from hubs.models import Hub, KnownPlace, SignIn, User

How = SignIn.How
MOST_OF_PERSON = 30  # rows per person in a window; then one row without address and browser
MOST_FAILED = 500  # rows of failures in a window; then one row for all
BY_PERSON = (How.PASSWORD, How.PROVIDER)  # a person in a browser: they are notified of sign-ins from new places
PLACES_A_DAY = 5  # notifications of new places per person and day; the list has all of them


def _window(now: datetime) -> datetime:
    length = SignIn.WINDOW.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // length * length, UTC)


def _again(key: str, now: datetime) -> bool:
    return bool(SignIn.objects.filter(key=key).update(count=F("count") + 1, last_at=now))


def _full(window: datetime, person: User | None, worked: bool, level: int) -> bool:
    """Return whether this window has the most rows allowed at this level of detail (0: all details)."""
    rows = SignIn.objects.filter(window=window)
    if person and not level and rows.filter(person=person).count() >= MOST_OF_PERSON:
        return True
    return not worked and rows.filter(worked=False).count() >= MOST_FAILED * (level + 1)


def _write(person: User | None, how: str, subject: str, worked: bool, address: str, browser: str) -> None:
    """Count it on the most detailed row possible: all details, only the person, or only the method."""
    now = timezone.now()
    window = _window(now)
    levels = [(person, subject, address, browser), (person, "", "", ""), (None, "", "", "")]
    for level, (who, what, where, with_what) in enumerate(levels):
        parts = [window.isoformat(), how, worked, who.pk if who else None, what, where, with_what]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        if _again(key, now):
            return
        if level + 1 < len(levels) and _full(window, who, worked, level):
            continue
        try:
            with transaction.atomic():
                SignIn.objects.create(
                    person=who, how=how, subject=what[:120], worked=worked, address=where or None, browser=with_what,
                    first_at=now, last_at=now, window=window, key=key,
                )  # fmt: skip
        except IntegrityError:  # another process has just created it
            _again(key, now)
        return


def named(rows: Iterable[SignIn]) -> list[SignIn]:
    """Return the rows with `named`: the name of the hub, provider or token. Makes one query."""
    rows = list(rows)
    uids = {row.subject for row in rows if row.how == How.HUB}
    titles = dict(Hub.objects.filter(uid__in=uids).values_list("uid", "title")) if uids else {}
    for row in rows:
        row.named = titles.get(row.subject, row.subject)
    return rows


def failed(*, how: str, person: User | None = None, subject: str = "") -> None:
    """Record a wrong password, token, code or link. `person` is given if the account is known. All failures without a
    known account from one address are one row with a count."""
    seen = request_context.origin.get()
    details = (subject, browser_family(seen.browser)) if person else ("", "")
    _write(person, how, details[0], False, seen.address, details[1])


def wrong(*, how: str, person: User | None = None, subject: str = "", name: str = "") -> None:
    """Record a wrong secret that can't be guessed. Raise TooMany, without recording it, after too many from this
    address or with this name."""
    if wait := rate_limit.wrong(how, request_context.origin.get().address, name):
        raise TooMany(wait)
    failed(how=how, person=person, subject=subject)


def worked(*, person: User, how: str, subject: str = "") -> None:
    """Record a successful sign-in. Notify a person about a new place (hubs.notify.rules.audience)."""
    seen = request_context.origin.get()
    browser = browser_family(seen.browser)
    with transaction.atomic():
        _write(person, how, subject, True, seen.address, browser)
        if how in BY_PERSON and _is_new(person, network(seen.address), browser):
            _tell(person, seen.address, browser)


def at_home(username: str) -> bool:
    """Return whether this person has signed in from this network before."""
    here = network(request_context.origin.get().address)
    return KnownPlace.objects.filter(person__username=username, network=here).exists()


def _is_new(person: User, net: str, browser: str) -> bool:
    """Record the place. Return True if it is new and not the person's first."""
    mine, now = KnownPlace.objects.filter(person=person), timezone.now()
    if mine.filter(network=net, browser=browser).update(last_at=now):
        return False
    had = mine.exists()
    _place, made = KnownPlace.objects.get_or_create(person=person, network=net, browser=browser)
    old = mine.order_by("-last_at", "-pk").values_list("pk", flat=True)[KnownPlace.MOST :]
    KnownPlace.objects.filter(pk__in=list(old)).delete()
    return had and made


def _tell(person: User, address: str, browser: str) -> None:
    day = int(timedelta(days=1).total_seconds())
    if rate_limit.seconds_until_free("new-place", person.username, most=PLACES_A_DAY, seconds=day):
        return
    place = _("{browser}, from {address}", browser=browser, address=address) if address else browser
    data = {"note": place, "people": [person.username], "address": address}
    events.emit("account.place", subject=person.display_name, data=data, request_id=request_context.request_id.get(),
                actor=person.username, actor_name=person.display_name)  # fmt: skip


def forget(now: datetime) -> int:
    """Delete rows older than HUBPORTAL_SIGN_IN_DAYS. Return how many."""
    return SignIn.objects.all().over(now).delete()[0]
