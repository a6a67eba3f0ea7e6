"""Organisations, their members and their limits."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from hubs.access import may_grant
from hubs.accounts.services import credentials
from hubs.audit.services import audit
from hubs.database import unless_taken
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.language import _, lazy, number
from hubs.models import Cluster, Invitation, Membership, Organization, Role, User
from hubs.notify.rules.quiet_hours import is_zone
from hubs.notify.services import outbox
from hubs.spec.addresses import address
from hubs.text import names, slugs

LIMITS = (
    "hubs",
    "users_per_hub",
    "memory_per_user_mib",
    "cpu_per_user",
    "storage_per_user_mib",
    "total_memory_mib",
    "auto_approve",
    "allow_temporary_users",
)
GIB = 1024  # MiB
# Minimum and maximum in the columns' units. Anything outside is a typing mistake.
RANGES: dict[str, tuple[float, float]] = {
    "hubs": (0, 10_000),
    "users_per_hub": (0, 100_000),
    "memory_per_user_mib": (GIB // 8, 4096 * GIB),
    "cpu_per_user": (0.05, 1024),
    "storage_per_user_mib": (GIB // 8, 100 * 1024 * GIB),
    "total_memory_mib": (GIB // 8, 1024 * 1024 * GIB),
}


TAKEN = lazy("Another organisation has this address.")


def _wrong_slug(slug: str) -> str:
    return slugs.complaint(slug) or (str(TAKEN) if Organization.objects.filter(slug=slug).exists() else "")


@transaction.atomic
def create(*, by: User, slug: str, name: str, cluster: Cluster, owner: User | str = "") -> Organization:
    """Create an organisation with its first owner, who is invited if only their email address is known. Raise
    NotAllowed unless staff, Invalid for a name or address."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can create organisations."))
    if complaint := _wrong_slug(slug):
        raise Invalid.beside("slug", complaint)
    if not name.strip():
        raise Invalid.beside("name", _("Enter a name."))
    if complaint := names.complaint(name):
        raise Invalid.beside("name", complaint)
    with unless_taken(Invalid.beside("slug", str(TAKEN))):
        organization = Organization.objects.create(slug=slug, name=name.strip(), cluster=cluster)
    audit.record("organization.create", by=by, subject=name, organization=organization)
    if isinstance(owner, User):
        Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    elif owner:
        try:
            invite(organization=organization, by=by, role=Role.OWNER, email=owner)
        except Invalid as error:
            raise Invalid.beside("owner", error.errors["email"][0]) from None
    return organization


def _out_of_range(values: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: [_("Enter a number from {first} to {last}.", first=number(first), last=number(last))]
        for name, (first, last) in RANGES.items()
        if name in values and not first <= values[name] <= last
    }


@transaction.atomic
def change_limits(*, organization: Organization, by: User, values: dict[str, Any]) -> Organization:
    """Change an organisation's limits. Existing hubs are not changed. Raise NotAllowed, Invalid."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can change an organisation’s limits."))
    if strange := set(values) - set(LIMITS):
        raise Invalid(_("There is no limit called {names}.", names=", ".join(sorted(strange))))
    if errors := _out_of_range(values):
        raise Invalid(_("Some limits are not valid."), errors)
    changes = {k: [getattr(organization, k), v] for k, v in values.items() if getattr(organization, k) != v}
    for name, (_old, value) in changes.items():
        setattr(organization, name, value)
    if changes:
        organization.save(update_fields=list(changes))
        subject = organization.name
        audit.record("organization.limits", by=by, subject=subject, organization=organization, changes=changes)
    return organization


@transaction.atomic
def change_cluster(*, organization: Organization, by: User, cluster: Cluster) -> Organization:
    """Change the cluster of its new hubs; existing hubs are not moved. Raise NotAllowed, Invalid for a cluster that
    doesn't accept new hubs."""
    if not by.is_staff:
        raise NotAllowed(_("Only staff can choose the cluster of an organisation’s hubs."))
    organization.refresh_from_db()
    old = organization.cluster
    if old == cluster:
        return organization
    if not cluster.offered:
        full = _("“{cluster}” doesn’t accept new hubs at the moment.", cluster=str(cluster))
        raise Invalid.beside("cluster", full)
    organization.cluster = cluster
    organization.save(update_fields=["cluster"])
    changes = {"cluster": [old.name, cluster.name]}
    audit.record("organization.cluster", by=by, subject=organization.name, organization=organization, changes=changes)
    return organization


@transaction.atomic
def change_time_zone(*, organization: Organization, by: User, time_zone: str) -> Organization:
    """Change the time zone in which days begin and end for its hubs; "" for the portal's. User limits with a last day
    still end at the moment that was set. Raise Invalid by field ("time_zone")."""
    if time_zone and not is_zone(time_zone):
        said = _("Choose a time zone from the list, such as Europe/Berlin.")
        raise Invalid(_("Unknown time zone."), {"time_zone": [said]})
    organization.refresh_from_db()
    old = organization.time_zone
    if old == time_zone:
        return organization
    organization.time_zone = time_zone
    organization.save(update_fields=["time_zone"])
    changes = {"time_zone": [old, time_zone]}
    audit.record("organization.time_zone", by=by, subject=organization.name, organization=organization, changes=changes)
    return organization


def _meant(organization: Organization, email: str) -> str:
    """Return the address as the portal keeps it. Raise Invalid if it is none, or the verified one of a member."""
    if not (email := email.strip()):
        return ""
    try:
        email = address(email)
    except ValueError as error:
        raise Invalid.beside("email", str(error)) from None
    _check_new(organization, email)
    return email


def _check_new(organization: Organization, email: str) -> None:
    """Raise Invalid for the verified address of a member."""
    mine = organization.memberships.people().filter(user__email__iexact=email, user__email_verified=True)
    if row := mine.select_related("user").first():
        name = row.user.display_name
        words = _("{name} is already a member. Change this person’s role instead.", name=name)
        raise Invalid.beside("email", words)


@transaction.atomic
def invite(*, organization: Organization, by: User, role: str, email: str = "") -> Invitation:
    """Create a link with which one person can join. An invitation created with a token ends when the token is
    revoked. Raise Invalid, NotAllowed."""
    if role not in Role.values:
        raise Invalid.beside("role", _("Choose one of the roles."))
    if not may_grant(by, organization, role):
        raise NotAllowed(_("Only an owner can make someone an owner."))
    email = _meant(organization, email)
    row = Invitation.objects.create(
        organization=organization, role=role, email=email, invited_by=by, made_with=by.token
    )
    if email:
        outbox.invite(row)
    whom = email or _("anyone with the link")
    audit.record("member.invite", by=by, subject=whom, organization=organization, changes={"role": ["", role]})
    return row


@transaction.atomic
def invite_all(*, organization: Organization, by: User, role: str, emails: Collection[str]) -> list[Invitation]:
    """Invite several people, each by their own link, or nobody. Raise Invalid ("emails") with one sentence per address
    that is wrong, NotAllowed."""
    made: list[Invitation] = []
    wrong: list[str] = []
    for email in dict.fromkeys(emails):
        try:
            made.append(invite(organization=organization, by=by, role=role, email=email))
        except Invalid as error:
            if "email" not in error.errors:
                raise
            wrong += [_("{email}: {problem}", email=email, problem=one) for one in error.errors["email"]]
    if wrong:
        raise Invalid(_("Some addresses are not valid."), {"emails": wrong})
    return made


@transaction.atomic
def send_again(*, invitation: Invitation, by: User) -> None:
    """Email the link of an invitation again. Raise Conflict if it has ended, or was sent a few minutes ago."""
    if invitation.state(timezone.now()) != "open" or not invitation.email:
        raise Conflict(_("This invitation was already used or has ended."))
    if not outbox.invite_again(invitation):
        raise Conflict(_("This invitation was sent a few minutes ago. Wait a little before you send it again."))
    audit.record("member.resend", by=by, subject=invitation.email, organization=invitation.organization)


@transaction.atomic
def revoke(*, invitation: Invitation, by: User) -> None:
    """Withdraw an invitation. Raise Conflict if it was used or has ended."""
    now = timezone.now()
    if not Invitation.objects.filter(pk=invitation.pk).usable(now).update(revoked_at=now):
        raise Conflict(_("This invitation was already used or has ended."))
    whom = invitation.email or _("anyone with the link")
    audit.record("member.revoke", by=by, subject=whom, organization=invitation.organization)


@transaction.atomic
def accept(*, invitation: Invitation, by: User) -> Membership:
    """Accept an invitation: once, and only by the person it names. Raise NotAllowed, Conflict."""
    if by.service_of_id:
        raise NotAllowed(_("A service account can’t join another organisation."))
    if invitation.email and invitation.email != by.verified_email:
        email = invitation.email
        raise NotAllowed(
            _("This invitation is for {email}. Sign in with an account that has this email address.", email=email)
        )
    if not invitation.invited_by.is_active:
        raise Conflict(_("The account of the person who invited you is closed. Ask for a new invitation."))
    if not may_grant(invitation.invited_by, invitation.organization, invitation.role):
        raise Conflict(
            _("The person who invited you can no longer invite people with this role. Ask for a new invitation.")
        )
    now = timezone.now()
    already = _("You are already a member of {organization}.", organization=invitation.organization.name)
    if Membership.objects.filter(organization=invitation.organization, user=by).exists():
        raise Conflict(already)
    if not Invitation.objects.filter(pk=invitation.pk).usable(now).update(used_at=now, used_by=by):
        raise Conflict(_("This invitation was used or has ended. Ask for a new invitation."))
    with unless_taken(Conflict(already)):  # by another link
        row = Membership.objects.create(organization=invitation.organization, user=by, role=invitation.role)
    changes = {"role": ["", row.role]}
    audit.record(
        "member.join", by=by, subject=invitation.organization.name, organization=row.organization, changes=changes
    )
    return row


def _keep_an_owner(membership: Membership) -> None:
    owners = membership.organization.memberships.people().filter(role=Role.OWNER)
    person = membership.user.service_of_id is None
    if person and membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise Conflict(_("An organisation needs at least one owner. Make another person an owner first."))


@transaction.atomic
def change_role(*, membership: Membership, by: User, role: str, keep: Collection[str] = ()) -> Membership:
    """Change a member's role. With a lower role, what they created and could no longer create ends
    (credentials.Made); `by` takes over what `keep` names. Raise Invalid for an unknown role or key, NotAllowed for a
    role above that of `by`, Conflict for the last owner."""
    organization = membership.organization
    if role not in Role.values:
        raise Invalid(_("Choose one of the roles."))
    Organization.objects.filter(pk=organization.pk).update(
        name=organization.name
    )  # a lock, in case two owners leave at the same time
    membership.refresh_from_db()
    if not (may_grant(by, organization, role) and may_grant(by, organization, membership.role)):
        raise NotAllowed(_("Only an owner can add or remove owners."))
    if role == membership.role:
        return membership
    if role != Role.OWNER:
        _keep_an_owner(membership)
    old, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    credentials.end(person=membership.user, organization=organization, role=role, by=by, keep=keep)
    subject = membership.user.display_name
    changes, whom = {"role": [old, role]}, {"people": [membership.user.username]}
    verb = "service.role" if membership.user.service_of_id else "member.role"
    audit.record(verb, by=by, subject=subject, organization=organization, changes=changes, tell=whom)
    return membership


@transaction.atomic
def remove(*, membership: Membership, by: User, keep: Collection[str] = ()) -> None:
    """Remove a member. They lose access to the organisation and its hubs, unless a roster names them. What they
    created there ends (credentials.Made); `by` takes over what `keep` names. Raise Invalid ("keep"), NotAllowed,
    Conflict."""
    organization = membership.organization
    Organization.objects.filter(pk=organization.pk).update(name=organization.name)
    membership.refresh_from_db()
    if not may_grant(by, organization, membership.role):
        raise NotAllowed(_("Only an owner can remove owners."))
    _keep_an_owner(membership)
    changes = {"role": [membership.role, ""]}
    subject, whom = membership.user.display_name, {"people": [membership.user.username]}
    membership.delete()
    credentials.end(person=membership.user, organization=organization, role="", by=by, keep=keep)
    audit.record("member.remove", by=by, subject=subject, organization=organization, changes=changes, tell=whom)
