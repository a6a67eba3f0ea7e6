"""Tokens for programs, of a person or of a service account. They begin with `hubp_` and end with a checksum, so that a
secret scanner recognises a leaked one without asking anybody."""

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs import audit, live
from hubs.errors import Invalid, NotAllowed
from hubs.models import ApiToken, Hub, Organization, Scope, User
from hubs.services.organizations import may_grant
from hubs.services.texts import clean

BRAND = "hubp_"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID, SECRET, CHECK = 8, 32, 6  # letters of each part; 32 of 62 letters are 190 bits
LONGEST_NAME = 100
AT_A_TIME = 2  # live tokens of one name, so that one can be replaced without a gap
FULL = 50  # live tokens of one person
SEEN_EVERY = timedelta(minutes=1)  # the last use is written at most so often


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def _check(text: str) -> str:
    """A checksum that tells a mistyped token, or one of somebody else's, without asking the database."""
    number, found = zlib.crc32(text.encode()), ""
    for _ in range(CHECK):
        number, letter = divmod(number, len(LETTERS))
        found = LETTERS[letter] + found
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def new_text() -> str:
    text = f"{BRAND}{_letters(ID)}{_letters(SECRET)}"
    return text + _check(text)


def prefix_of(text: str) -> str:
    return text[: len(BRAND) + ID]


def well_formed(text: str) -> bool:
    return (
        text.startswith(BRAND)
        and len(text) == len(BRAND) + ID + SECRET + CHECK
        and text.isascii()
        and _check(text[:-CHECK]) == text[-CHECK:]
    )


def find(text: str, address: str, now: datetime) -> ApiToken | None:
    """The live token with this text, of somebody who may still sign in. Notes when and from where it was used."""
    if not well_formed(text):
        return None
    rows = ApiToken.objects.all().live(now).select_related("person", "person__service_of", "created_by")
    token = rows.filter(prefix=prefix_of(text), person__is_active=True).first()
    if token is None or not hmac.compare_digest(token.digest, _digest(text)):
        return None
    stale = Q(used_at=None) | Q(used_at__lt=now - SEEN_EVERY) | ~Q(used_from=address or None)
    ApiToken.objects.filter(stale, pk=token.pk).update(used_at=now, used_from=address or None)
    return token


def _check_scopes(person: User, scopes: Iterable[str], maker: ApiToken | None) -> list[str]:
    wanted = set(scopes)
    complaint = ""
    if not wanted:
        complaint = "Choose at least one."
    elif unknown := wanted - set(Scope.values):
        complaint = f"There is no scope “{sorted(unknown)[0]}”."
    elif Scope.APPROVE in wanted and not person.is_staff:
        complaint = "Only staff decide requests."
    elif maker and (above := wanted - set(maker.scopes)):
        complaint = f"The token that asks for it may not “{sorted(above)[0]}” itself."
    if complaint:
        raise Invalid(complaint, {"scopes": [complaint]})
    return [scope for scope in Scope.values if scope in wanted]


def _check_days(days: int, maker: ApiToken | None, now: datetime) -> datetime:
    longest = settings.TOKEN_DAYS
    if not 1 <= days <= longest:
        complaint = f"Choose 1 to {longest} days."
        raise Invalid(complaint, {"days": [complaint]})
    end = now + timedelta(days=days)
    return min(end, maker.expires_at) if maker else end


def _check_number(person: User, name: str, now: datetime) -> None:
    live = ApiToken.objects.all().live(now).filter(person=person)
    if live.filter(name=name).count() >= AT_A_TIME:
        complaint = "There are two tokens of this name already. Revoke one, or choose another name."
        raise Invalid(complaint, {"name": [complaint]})
    if live.count() >= FULL:
        complaint = f"There are {FULL} tokens already. Revoke what nobody uses."
        raise Invalid(complaint, {"name": [complaint]})


def check(*, person: User, by: User, name: str, scopes: Iterable[str], days: int) -> None:
    """Raises Invalid for what `create` would refuse now."""
    now = timezone.now()
    _check_scopes(person, scopes, by.token)
    _check_days(days, by.token, now)
    _check_number(person, name, now)


def _check_maker(person: User, by: User) -> None:
    """A service account's token does what its role may, so whoever makes it may give that role, too."""
    if person.pk == by.pk:
        return
    if person.service_of is None:
        raise NotAllowed("A token is made by its own person.")
    role = person.memberships.filter(organization=person.service_of).values_list("role", flat=True).first()
    if role and not may_grant(by, person.service_of, role):
        raise NotAllowed("Only an owner makes tokens of an account that is an owner.")


@transaction.atomic
def create(
    *, person: User, by: User, name: str, scopes: Iterable[str], days: int,
    organization: Organization | None = None, hub: Hub | None = None,
) -> tuple[ApiToken, str]:  # fmt: skip
    """A token of `person`, and its text, which nobody can show again. Whoever made it by a token (`by.token`) gives no
    more and no longer than that one has. Raises Invalid by field ("name", "scopes", "days"), NotAllowed."""
    maker: ApiToken | None = by.token
    _check_maker(person, by)
    if maker and maker.bound and (maker.organization_id, maker.hub_id) != (
        organization.pk if organization else None, hub.pk if hub else None,
    ):  # fmt: skip
        raise NotAllowed("The token that asks for it is for one place only, so the new one is for the same place.")
    now = timezone.now()
    name = clean(name, "name", needed="Give it a name, so that you know it again.")[:LONGEST_NAME]
    User.objects.select_for_update().get(pk=person.pk)  # one at a time, or there would be a third
    _check_number(person, name, now)
    text = new_text()
    row = ApiToken.objects.create(
        person=person,
        created_by=by,
        name=name,
        prefix=prefix_of(text),
        digest=_digest(text),
        scopes=_check_scopes(person, scopes, maker),
        organization=organization,
        hub=hub,
        expires_at=_check_days(days, maker, now),
    )
    told = {"scopes": [None, row.scopes], "expires": [None, row.expires_at.date().isoformat()]}
    audit.record("token.create", by=by, subject=str(row), organization=person.service_of or organization, changes=told,
                 tell={"people": [by.username if person.service_of_id else person.username]})  # fmt: skip
    return row, text


@transaction.atomic
def rotate(*, token: ApiToken, by: User, days: int) -> tuple[ApiToken, str]:
    """A second token like this one; the first goes on until it is revoked or ends. Raises Invalid, NotAllowed."""
    return create(
        person=token.person, by=by, name=token.name, scopes=token.scopes, days=days,
        organization=token.organization, hub=token.hub,
    )  # fmt: skip


@transaction.atomic
def revoke(*, token: ApiToken, by: User) -> None:
    """It opens nothing any more, from now on. Revoking what is revoked is fine."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        place = token.person.service_of or token.organization
        audit.record("token.revoke", by=by, subject=str(token), organization=place)
        transaction.on_commit(lambda: live.publish([live.token_topic(token.pk)]))
