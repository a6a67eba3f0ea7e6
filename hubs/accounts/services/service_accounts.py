"""Service accounts: members of an organisation for apps, without password or sign-in, with tokens only. They stay when
the person who wrote the script leaves."""

import re

from django.db import transaction

from hubs.access import may_grant
from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _
from hubs.live import channel as live
from hubs.models import Membership, Organization, Role, User
from hubs.text import names
from hubs.text.texts import clean

from . import tokens

MOST = 20  # per organisation
NAME = re.compile(r"[a-z][a-z0-9-]{1,29}")
HEAD = "svc-"  # no person's user name begins with it


@transaction.atomic
def create(*, organization: Organization, by: User, name: str, role: str) -> User:
    """Create a service account with a role up to that of `by`. Raise Invalid ("name", "role"), NotAllowed."""
    name = clean(name, "name", needed=_("Enter a name, such as term-script.")).lower()
    if complaint := names.complaint(name):
        raise Invalid.beside("name", complaint)
    if not NAME.fullmatch(name):
        shape = _("Use 2 to 30 lower-case letters, digits and hyphens, beginning with a letter.")
        raise Invalid.beside("name", shape)
    if role not in Role.values:
        raise Invalid.beside("role", _("Choose one of the roles."))
    if not may_grant(by, organization, role):
        raise NotAllowed(_("Only an owner can make someone an owner."))
    if organization.service_accounts.filter(is_active=True).count() >= MOST:
        full = _("There are {number} service accounts already. Remove one that is no longer used.", number=MOST)
        raise Invalid.beside("name", full)
    username = f"{HEAD}{organization.slug}-{name}"
    if User.objects.filter(username__iexact=username).exists():
        raise Invalid.beside("name", _("This name is or was already used. Choose another name."))
    row = User(username=username, name=name, service_of=organization)
    row.set_unusable_password()
    row.save()
    row.service_makers.set(by.people_behind())
    Membership.objects.create(organization=organization, user=row, role=role)
    audit.record("service.create", by=by, subject=name, organization=organization, changes={"role": ["", role]})
    return row


@transaction.atomic
def remove(*, account: User, by: User) -> None:
    """Remove a service account and its tokens. Its name is never reused. Raise NotAllowed, Conflict."""
    organization = account.service_of
    if organization is None:
        raise Conflict(_("This is a person’s account."))
    membership = organization.memberships.filter(user=account).first()
    if membership and not may_grant(by, organization, membership.role):
        raise NotAllowed(_("Only an owner can remove owners."))
    if not User.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        raise Conflict(_("This service account was already removed."))
    organization.memberships.filter(user=account).delete()
    tokens.end(account.tokens.values_list("pk", flat=True))
    transaction.on_commit(lambda: live.publish([live.rights_topic(account.pk)]))
    audit.record("service.remove", by=by, subject=account.display_name, organization=organization)
