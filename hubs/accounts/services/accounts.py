"""People's accounts. A user name never changes and is never given away again; an address is a provider's word."""

from collections.abc import Collection

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.models import ChangeRequest, Hub, User, UserLimit
from hubs.requests.rules import OPEN
from hubs.spec.addresses import kept
from hubs.spec.trees import get
from hubs.text import names
from hubs.user_limits.rules import PERSON

from . import credentials, own_keys


@transaction.atomic
def create(*, username: str, name: str, email: str, email_verified: bool, guessed: bool = False) -> User:
    """A person who came by a sign-in provider: without password. Raises IntegrityError when the name is taken."""
    user = User.objects.create_user(
        username, kept(email) or email[:254], None, name=name[:150], email_verified=bool(email) and email_verified,
        guessed=guessed,
    )  # fmt: skip
    audit.record("account.create", by=user, subject=user.display_name)
    return user


@transaction.atomic
def choose_username(*, user: User, by: User, username: str) -> User:
    """Take a user name in place of the one that was guessed; the same one keeps it. Once, and before any hub knows it.
    Raises Invalid, NotAllowed for anybody else, Conflict when it was chosen or a hub knows it."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed("Everybody chooses their own user name.")
    username = username.strip().lower()
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.guessed:
        raise Conflict(f"Your user name is {row.username}. It no longer changes: hubs know you by it.")
    if complaint := names.user_name_complaint(username):
        raise Invalid.beside("username", complaint)
    taken = f"Somebody else has the user name {username}. Choose another one."
    if User.objects.filter(username__iexact=username).exclude(pk=row.pk).exists():
        raise Invalid.beside("username", taken)
    if username != row.username and _is_named(row):
        raise Invalid.beside("username", f"A hub names you as {row.username} already, so this name stays yours.")
    before, user.username, user.guessed = row.username, username, False
    try:
        with transaction.atomic():
            user.save(update_fields=["username", "guessed"])
    except IntegrityError:  # taken between the look and the write
        user.username, user.guessed = before, True
        raise Invalid.beside("username", taken) from None
    if before != username:
        audit.record("account.username", by=user, subject=username, changes={"user name": [before, username]})
    return user


def _is_named(user: User) -> bool:
    """Does a hub's limit or list of admins have this user name? The name must not become somebody else's then."""
    name = user.username.lower()
    if UserLimit.objects.living().filter(kind=PERSON, name=name).exists():
        return True
    theirs = Hub.objects.alive().filter(organization__in=user.memberships.values("organization"))
    specs = theirs.values_list("revision__data", flat=True)
    asked = ChangeRequest.objects.filter(organization__in=user.memberships.values("organization"), state__in=OPEN)
    found = (get(data, ("signIn", "adminUsers"), ()) for data in (*specs, *asked.values_list("spec_data", flat=True)))
    return any(name in names for names in found if isinstance(names, list))


def settle_username(*, user: User) -> None:
    """A hub knows it from now on: it no longer changes."""
    if user.guessed:
        User.objects.filter(pk=user.pk).update(guessed=False)
        user.guessed = False


@transaction.atomic
def note_email(*, user: User, email: str, verified: bool) -> User:
    """What the provider says now about somebody's address. Without an address the old one stays, unverified."""
    before, was = (user.email, user.email_verified), user.verified_email
    if email:
        user.email = kept(email) or User.objects.normalize_email(email[:254])
    user.email_verified = bool(email) and verified
    if before != (user.email, user.email_verified):
        user.save(update_fields=["email", "email_verified"])
        changes = {"email": [before[0], user.email], "verified": [before[1], user.email_verified]}
        told = {"people": [user.username], "to": was if was != user.verified_email else ""}
        audit.record("account.email", by=user, subject=user.display_name, changes=changes, tell=told)
    return user


@transaction.atomic
def set_staff(*, user: User, staff: bool) -> User:
    """Staff of the portal, or no longer. By whoever may run commands where the portal runs, so nobody is asked."""
    if User.objects.filter(pk=user.pk, is_staff=not staff).update(is_staff=staff):
        changes = {"staff": [not staff, staff]}
        told = {"people": [user.username]}
        note = "on the command line"
        audit.record("account.staff", by=None, subject=user.display_name, changes=changes, note=note, tell=told)
        user.refresh_from_db()
        if not staff:
            credentials.end_beyond(person=user)
    user.refresh_from_db()
    return user


@transaction.atomic
def set_closed(*, user: User, closed: bool) -> User:
    """Close an account: nobody signs in with it, and all that it made ends; or open it again, and nothing of that comes
    back. By whoever may run commands where the portal runs. Raises Invalid for a service account."""
    if user.service_of_id:
        raise Invalid("An admin of its organisation removes a service account.")
    if User.objects.filter(pk=user.pk, is_active=closed).update(is_active=not closed):
        changes = {"closed": [not closed, closed]}
        audit.record("account.close", by=None, subject=user.display_name, changes=changes, note="on the command line")
        if closed:
            credentials.end_beyond(person=user, closed=True)
    user.refresh_from_db()
    return user


@transaction.atomic
def sign_out_everywhere(*, user: User, by: User, also: Collection[str] = ()) -> User:
    """End all sessions, here and in hubs, and of own_keys.OWN what `also` names. Raises Invalid ("also"), NotAllowed
    for anybody else."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed("Everybody ends their own sessions.")
    own_keys.end(person=user, by=by, also=also)
    return user


@transaction.atomic
def rename(*, user: User, by: User, name: str) -> User:
    """Change the name that pages show; the user name stays. Raises Invalid, NotAllowed for anybody else."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed("Everybody writes their own name, and a service account keeps the one that it was given.")
    name = " ".join(name.split())
    if not name or len(name) > 150 or not name.isprintable():
        raise Invalid.beside("name", "Write a name of 1 to 150 letters.")
    if not user.is_staff and (complaint := names.complaint(name)):
        raise Invalid.beside("name", complaint)
    old, user.name = user.name, name
    if old != name:
        user.save(update_fields=["name"])
        audit.record("account.name", by=user, subject=name, changes={"name": [old, name]})
    return user


def change_password(*, user: User, by: User, old: str, new: str, also: Collection[str] = ()) -> User:
    """All sessions end, here and in hubs, and of own_keys.OWN what `also` names. Raises Invalid by field, NotAllowed
    for anybody else or for an account without password, Busy. A hash takes half a second and may have to wait, so none
    is made while the database is held."""
    if by.pk != user.pk or not user.has_usable_password():
        raise NotAllowed("This account has no password here. Change it where you sign in.")
    if not user.check_password(old):
        raise Invalid.beside("old", "This is not your password now.")
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid("Choose another password.", {"new": list(error.messages)}) from None
    user.set_password(new)
    with transaction.atomic():
        user.save(update_fields=["password"])
        audit.record("account.password", by=user, subject=user.display_name, tell={"people": [user.username]})
        own_keys.end(person=user, by=user, also=also)
    return user
