"""API tokens of a person or a service account. They begin with `hubp_` and end with a checksum, so that a secret
scanner can recognise a leaked one offline."""

import hashlib
import hmac
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from hubs.access import may_grant
from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _
from hubs.live import channel as live
from hubs.models import ApiToken, CalendarLink, Hub, Invitation, Organization, Scope, User, Webhook
from hubs.models.token import ApiTokenQuerySet
from hubs.text import names
from hubs.text.texts import clean

BRAND = "hubp_"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID, SECRET, CHECK = 8, 32, 6  # letters per part; 32 of 62 letters are 190 bits
LONGEST_NAME = 100
DEEPEST = 4  # the most steps from the first token, as a token can create a token that creates a token
AT_A_TIME = 2  # active tokens per name, so that one can be replaced without a gap
FULL = 50  # active tokens per person
SEEN_EVERY = timedelta(minutes=1)  # the last use is written at most this often


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def _check(text: str) -> str:
    """Return a checksum that detects a mistyped or foreign token without a query."""
    number, found = zlib.crc32(text.encode()), ""
    for _letter in range(CHECK):
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
    """Return the active token with this text, if its person may still sign in and its creator could still create it.
    Record when and from where it was used."""
    if not well_formed(text):
        return None
    token = _rows().filter(prefix=prefix_of(text)).first()
    if token is None or not hmac.compare_digest(token.digest, _digest(text)) or not stands(token, now):
        return None
    stale = Q(used_at=None) | Q(used_at__lt=now - SEEN_EVERY) | ~Q(used_from=address or None)
    ApiToken.objects.filter(stale, pk=token.pk).update(used_at=now, used_from=address or None)
    return token


def _rows() -> ApiTokenQuerySet:
    return ApiToken.objects.select_related("person__service_of", "created_by")


def stands(token: ApiToken, now: datetime) -> bool:
    """Return whether a token and all its parents are valid. `end` writes the end of a token to its row; this checks
    the rights again, so that a token also ends if they were lost in an unforeseen way. No query for a person's own
    token; a few for a service account's, and for each parent."""
    link: ApiToken | None = token
    for _step in range(DEEPEST + 2):  # the last round finds no more parents
        if link is None:
            return True
        over = link.revoked_at is not None or link.expires_at <= now
        if over or not (link.person.is_active and link.created_by.is_active and _could_make(link)):
            return False
        link = _rows().get(pk=link.parent_id) if link.parent_id else None
    return False


def _could_make(token: ApiToken) -> bool:
    """Return whether its creator could still create it; always true for a person's own token."""
    place = token.person.service_of
    if place is None:
        return token.created_by_id == token.person_id
    role = place.memberships.filter(user=token.person).values_list("role", flat=True).first()
    return bool(role) and may_grant(token.created_by, place, str(role))


def _check_scopes(person: User, scopes: Iterable[str], maker: ApiToken | None) -> list[str]:
    wanted = set(scopes)
    complaint = ""
    if not wanted:
        complaint = _("Choose at least one scope.")
    elif unknown := wanted - set(Scope.values):
        complaint = _("Unknown scope “{scope}”.", scope=sorted(unknown)[0])
    elif Scope.APPROVE in wanted and not person.is_staff:
        complaint = _("Only staff can review requests.")
    elif maker and (above := wanted - set(maker.scopes)):
        scope = sorted(above)[0]
        complaint = _("The token used for this request doesn’t have the scope “{scope}” itself.", scope=scope)
    if complaint:
        raise Invalid.beside("scopes", complaint)
    return [scope for scope in Scope.values if scope in wanted]


def _check_days(days: int, maker: ApiToken | None, now: datetime) -> datetime:
    longest = settings.TOKEN_DAYS
    if not 1 <= days <= longest:
        raise Invalid.beside("days", _("Choose 1 to {longest} days.", longest=longest))
    end = now + timedelta(days=days)
    return min(end, maker.expires_at) if maker else end


def _check_number(person: User, name: str, now: datetime) -> None:
    live = ApiToken.objects.all().live(now).filter(person=person)
    if live.filter(name=name).count() >= AT_A_TIME:
        twice = _("There are already two tokens with this name. Revoke one, or choose another name.")
        raise Invalid.beside("name", twice)
    if live.count() >= FULL:
        full = _("There are already {number} tokens. Revoke those that are no longer used.", number=FULL)
        raise Invalid.beside("name", full)


def check(*, person: User, by: User, name: str, scopes: Iterable[str], days: int) -> None:
    """Raise Invalid for what `create` would reject now."""
    now = timezone.now()
    _check_scopes(person, scopes, by.token)
    _check_days(days, by.token, now)
    _check_number(person, name, now)


def _check_maker(person: User, by: User) -> None:
    """Raise NotAllowed if `by` may not create it. A service account's token has its role, so `by` must be able to grant
    that."""
    if person.pk == by.pk:
        return
    if person.service_of is None:
        raise NotAllowed(_("You can only create tokens for yourself."))
    role = person.memberships.filter(organization=person.service_of).values_list("role", flat=True).first()
    if role and not may_grant(by, person.service_of, role):
        raise NotAllowed(_("Only an owner can create tokens of a service account with the role Owner."))


def _check_parent(maker: ApiToken | None, now: datetime, child: ApiToken | None = None) -> None:
    """Raise NotAllowed if the token that creates another one (or takes over `child`) has ended, descends from that one,
    or is too far from the first. Lock it, so that a revocation waits and then finds its child."""
    if maker is None:
        return
    if not stands(_rows().select_for_update(of=("self",)).get(pk=maker.pk), now):
        raise NotAllowed(_("The token used for this request has ended."))
    steps, link = 1, maker.pk  # type: int, int | None
    while link:
        if steps > DEEPEST or (child and link == child.pk):
            raise NotAllowed(_("A token can’t be its own parent, and can’t have so many parents."))
        steps, link = steps + 1, ApiToken.objects.values_list("parent", flat=True).get(pk=link)


@transaction.atomic
def create(
    *, person: User, by: User, name: str, scopes: Iterable[str], days: int,
    organization: Organization | None = None, hub: Hub | None = None, client: str = "",
) -> tuple[ApiToken, str]:  # fmt: skip
    """Create a token of `person`. Return it with its text, which can't be shown again. Created with a token
    (`by.token`), it has no more scopes, lasts no longer, and ends with that one. `client`: a key of devices.CLIENTS.
    Raise Invalid by field ("name", "scopes", "days"), NotAllowed."""
    maker: ApiToken | None = by.token
    _check_maker(person, by)
    _check_parent(maker, timezone.now())
    if maker and maker.bound and (maker.organization_id, maker.hub_id) != (
        organization.pk if organization else None, hub.pk if hub else None,
    ):  # fmt: skip
        raise NotAllowed(_("The token used for this request is for one organisation or hub. Create one for the same."))
    now = timezone.now()
    name = clean(name, "name", needed=_("Enter a name, so that you recognise the token later."))[:LONGEST_NAME]
    if complaint := names.unseen(name):
        raise Invalid.beside("name", complaint)
    User.objects.select_for_update().get(pk=person.pk)  # one at a time, or there could be a third of the name
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
        parent=maker,
        client=client,
    )
    row.people.set(by.people_behind())
    told = {"scopes": [None, row.scopes], "expires": [None, row.expires_at.date().isoformat()]}
    told |= {"account": ["", person.name]} if person.service_of_id else {}
    audit.record("token.create", by=by, subject=str(row), organization=person.service_of or organization, changes=told,
                 tell={"people": [by.username if person.service_of_id else person.username]})  # fmt: skip
    return row, text


@transaction.atomic
def rotate(*, token: ApiToken, by: User, days: int) -> tuple[ApiToken, str]:
    """Create a second token like this one; the first works until it is revoked or expires. Rotated with a token, the
    second one is that token's child and ends with it, also if a token rotates itself. Raise Invalid, NotAllowed."""
    return create(
        person=token.person, by=by, name=token.name, scopes=token.scopes, days=days,
        organization=token.organization, hub=token.hub,
    )  # fmt: skip


@transaction.atomic
def revoke(*, token: ApiToken, by: User | None) -> None:
    """Revoke a token and what was created with it. Revoking a revoked token does nothing."""
    if ended := end([token.pk]):
        place = token.person.service_of or token.organization
        note = _("What was created with it also ended: {number}.", number=ended - 1) if ended > 1 else ""
        audit.record("token.revoke", by=by, subject=str(token), organization=place, note=note)


def end(tokens: Iterable[int]) -> int:
    """End these tokens, all tokens created with them, and the invitations, calendar addresses and webhooks (these are
    paused) created with any of them. Return how many ended. Runs in the caller's transaction; streams end on commit.
    """
    now, ended, line = timezone.now(), 0, sorted(set(tokens))
    while line:
        list(
            ApiToken.objects.select_for_update().filter(pk__in=line).values_list("pk")
        )  # no child can be created meanwhile
        ended += ApiToken.objects.filter(pk__in=line, revoked_at=None).update(revoked_at=now)
        ended += Invitation.objects.usable(now).filter(made_with__in=line).update(revoked_at=now)
        ended += CalendarLink.objects.filter(made_with__in=line).delete()[0]
        why = _("The token that created it was revoked. Check the address, then resume the webhook.")
        hooks = Webhook.objects.filter(made_with__in=line, paused_at=None)
        ended += hooks.update(paused_at=now, paused_why=why)
        topics = [live.token_topic(pk) for pk in line]
        transaction.on_commit(partial(live.publish, topics))
        line = list(ApiToken.objects.filter(parent__in=line).values_list("pk", flat=True))
    return ended


@transaction.atomic
def take_over(*, token: ApiToken, by: User) -> ApiToken:
    """Make `by` responsible for a service account's token, so that it no longer ends with its creator. Its text stays
    the same and its creator may know it, so rotate it soon. Taken over with a token, it lasts no longer and ends with
    that one. Raise NotAllowed if `by` could not create it, Conflict if it has ended or is a person's own."""
    place, maker, now = token.person.service_of, by.token, timezone.now()
    if place is None:
        raise Conflict(_("A person’s own token can’t be taken over."))
    _check_maker(token.person, by)
    if maker and maker.bound and (maker.organization_id, maker.hub_id) != (token.organization_id, token.hub_id):
        raise NotAllowed(_("The token used for this request is for one organisation or hub only."))
    if maker and set(token.scopes) - set(maker.scopes):
        raise NotAllowed(_("The token used for this request has fewer scopes than this token."))
    Organization.objects.filter(pk=place.pk).update(name=place.name)  # a lock, in case its creator is removed meanwhile
    _check_parent(maker, now, child=token)
    ends = min(token.expires_at, maker.expires_at) if maker else token.expires_at
    mine = ApiToken.objects.all().live(now).filter(pk=token.pk)
    if not mine.update(created_by=by, parent=maker, expires_at=ends):
        raise Conflict(_("This token has already ended."))
    token.people.add(*by.people_behind())
    changes = {"by": [token.created_by.username, by.username]}
    audit.record("token.take_over", by=by, subject=str(token), organization=place, changes=changes)
    token.refresh_from_db()
    return token
