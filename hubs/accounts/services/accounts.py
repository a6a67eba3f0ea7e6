"""People's accounts. A user name never changes and is never reused. Email addresses come from sign-in providers."""

from collections.abc import Collection

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _
from hubs.models import ChangeRequest, Hub, User, UserLimit
from hubs.requests.rules import OPEN
from hubs.spec.addresses import kept
from hubs.spec.trees import get
from hubs.text import names
from hubs.user_limits.rules import PERSON

from . import credentials, own_keys


@transaction.atomic
def create(*, username: str, name: str, email: str, email_verified: bool, guessed: bool = False) -> User:
    """Create the account of a person from a sign-in provider, without password. Raise IntegrityError if taken."""
    user = User.objects.create_user(
        username, kept(email) or email[:254], None, name=name[:150], email_verified=bool(email) and email_verified,
        guessed=guessed,
    )  # fmt: skip
    audit.record("account.create", by=user, subject=user.display_name)
    return user


@transaction.atomic
def choose_username(*, user: User, by: User, username: str) -> User:
    """Set the user name in place of the guessed one, or confirm that. Only once, and before any hub knows it. Raise
    Invalid, NotAllowed for other people, Conflict if it was chosen before or a hub knows it."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed(_("You can only choose your own user name."))
    username = username.strip().lower()
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.guessed:
        used = _("Your user name is {name}. It can no longer be changed, because hubs use it.", name=row.username)
        raise Conflict(used)
    if complaint := names.user_name_complaint(username):
        raise Invalid.beside("username", complaint)
    taken = _("The user name {name} is already taken. Choose another one.", name=username)
    if User.objects.filter(username__iexact=username).exclude(pk=row.pk).exists():
        raise Invalid.beside("username", taken)
    if username != row.username and _is_named(row):
        named = _("Keep {name}: the settings of a hub already use this user name.", name=row.username)
        raise Invalid.beside("username", named)
    before, user.username, user.guessed = row.username, username, False
    try:
        with transaction.atomic():
            user.save(update_fields=["username", "guessed"])
    except IntegrityError:  # taken after the check
        user.username, user.guessed = before, True
        raise Invalid.beside("username", taken) from None
    if before != username:
        audit.record("account.username", by=user, subject=username, changes={"user name": [before, username]})
    return user


def _is_named(user: User) -> bool:
    """Return whether a hub's user limits or admins have this user name, so that no one else may get it."""
    name = user.username.lower()
    if UserLimit.objects.living().filter(kind=PERSON, name=name).exists():
        return True
    theirs = Hub.objects.alive().filter(organization__in=user.memberships.values("organization"))
    specs = theirs.values_list("revision__data", flat=True)
    asked = ChangeRequest.objects.filter(organization__in=user.memberships.values("organization"), state__in=OPEN)
    found = (get(data, ("signIn", "adminUsers"), ()) for data in (*specs, *asked.values_list("spec_data", flat=True)))
    return any(name in names for names in found if isinstance(names, list))


def settle_username(*, user: User) -> None:
    """Make the user name final, because a hub knows it from now on."""
    if user.guessed:
        User.objects.filter(pk=user.pk).update(guessed=False)
        user.guessed = False


@transaction.atomic
def note_email(*, user: User, email: str, verified: bool) -> User:
    """Store the email address that the provider reports. Without one, the old address stays, unverified."""
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
    """Make an account staff, or not. Called by a command of the operator, so no permission is checked."""
    if User.objects.filter(pk=user.pk, is_staff=not staff).update(is_staff=staff):
        changes = {"staff": [not staff, staff]}
        told = {"people": [user.username]}
        note = _("on the command line")
        audit.record("account.staff", by=None, subject=user.display_name, changes=changes, note=note, tell=told)
        user.refresh_from_db()
        if not staff:
            credentials.end_beyond(person=user)
    user.refresh_from_db()
    return user


@transaction.atomic
def set_closed(*, user: User, closed: bool) -> User:
    """Close an account, so that it can't sign in and what it created ends, or reopen it, which restores nothing of
    that. Called by a command of the operator. Raise Invalid for a service account."""
    if user.service_of_id:
        raise Invalid(_("This is a service account. An admin of its organisation can remove it."))
    if User.objects.filter(pk=user.pk, is_active=closed).update(is_active=not closed):
        changes = {"closed": [not closed, closed]}
        note = _("on the command line")
        audit.record("account.close", by=None, subject=user.display_name, changes=changes, note=note)
        if closed:
            credentials.end_beyond(person=user, closed=True)
    user.refresh_from_db()
    return user


@transaction.atomic
def sign_out_everywhere(*, user: User, by: User, also: Collection[str] = ()) -> User:
    """End all sessions, in the portal and in hubs, and the kinds of own_keys.OWN in `also`. Raise Invalid ("also"),
    NotAllowed for other people."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed(_("You can only end your own sessions."))
    own_keys.end(person=user, by=by, also=also)
    return user


@transaction.atomic
def rename(*, user: User, by: User, name: str) -> User:
    """Change the name that pages show, not the user name. Raise Invalid, NotAllowed for other people."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed(_("You can only change your own name. The name of a service account can’t be changed."))
    name = " ".join(name.split())
    if not name or len(name) > 150 or not name.isprintable():
        raise Invalid.beside("name", _("Enter a name of 1 to 150 characters."))
    if not user.is_staff and (complaint := names.complaint(name)):
        raise Invalid.beside("name", complaint)
    old, user.name = user.name, name
    if old != name:
        user.save(update_fields=["name"])
        audit.record("account.name", by=user, subject=name, changes={"name": [old, name]})
    return user


@transaction.atomic
def choose_language(*, user: User, by: User, language: str) -> User:
    """Change the language of the person's pages and mails; "" is the browser's, and English in mails. Raise Invalid
    ("language"), NotAllowed for other people."""
    if by.pk != user.pk or user.service_of_id:
        raise NotAllowed(_("You can only choose your own language."))
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid.beside("language", _("Choose a language from the list."))
    old, user.language = user.language, language
    if old != language:
        user.save(update_fields=["language"])
        audit.record("account.language", by=user, subject=user.display_name, changes={"language": [old, language]})
    return user


def change_password(*, user: User, by: User, old: str, new: str, also: Collection[str] = ()) -> User:
    """Change the password. End all sessions, in the portal and in hubs, and the kinds of own_keys.OWN in `also`. Raise
    Invalid by field, NotAllowed for other people or for an account without password, Busy. A hash takes half a second
    and may have to wait, so it is computed outside the transaction."""
    if by.pk != user.pk or not user.has_usable_password():
        raise NotAllowed(_("This account has no password in the portal. Change it at your sign-in provider."))
    if not user.check_password(old):
        raise Invalid.beside("old", _("This is not your current password."))
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid(_("Choose another password."), {"new": list(error.messages)}) from None
    user.set_password(new)
    with transaction.atomic():
        user.save(update_fields=["password"])
        audit.record("account.password", by=user, subject=user.display_name, tell={"people": [user.username]})
        own_keys.end(person=user, by=user, also=also)
    return user
