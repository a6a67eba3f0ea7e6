"""The only doors to rows: the row, or 404 for a stranger, or 403 for a lesser role. Deny by default.

A role is a described list of permissions; a page asks for one permission and gets the row in the same call.
"""

from enum import StrEnum
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from hubs.models import ChangeRequest, Hub, Invitation, Membership, Organization, Role, User
from hubs.states import EDITABLE


class SignedIn(HttpRequest):
    """What the views behind the sign-in get: for the type checker only."""

    user: User
    htmx: HtmxDetails


class Permission(StrEnum):
    SEE = "see"  # the organisation, its hubs and people
    ENTER = "enter"  # a hub's address and status
    REQUEST = "request"  # ask for a new hub
    OPERATE = "operate"  # run one hub: people, change, suspend, retire
    LIMITS = "limits"  # adjust a hub's user limits
    PEOPLE = "people"  # invite, change roles, remove
    AUDIT = "audit"  # read who did what
    AGREE = "agree"  # approve requests, change an organisation's limits


ROLES: dict[str, frozenset[Permission]] = {
    Role.MEMBER: frozenset({Permission.SEE, Permission.ENTER}),
    Role.INSTRUCTOR: frozenset({Permission.SEE, Permission.ENTER, Permission.REQUEST}),
    Role.ADMIN: frozenset(Permission) - {Permission.AGREE},
    Role.OWNER: frozenset(Permission) - {Permission.AGREE},
}
STAFF = frozenset(Permission)
# Somebody who runs one hub without running the organisation.
HUB_ADMIN = frozenset({Permission.SEE, Permission.ENTER, Permission.OPERATE, Permission.AUDIT})
HUB_USER = frozenset({Permission.ENTER})


def _role(user: User, organization: Organization) -> str:
    membership = Membership.objects.filter(user=user, organization=organization).first()
    return membership.role if membership else ""


def on_organization(user: User, organization: Organization) -> frozenset[Permission]:
    """What this person may do in this organisation."""
    if user.is_staff:
        return STAFF
    return ROLES.get(_role(user, organization), frozenset())


def on_hub(user: User, hub: Hub) -> frozenset[Permission]:
    """What this person may do with this hub: by role, and by being its admin or on its roster."""
    granted = on_organization(user, hub.organization)
    entry = hub.role_of(user)
    if entry == "admin" and Permission.REQUEST in granted:
        granted |= HUB_ADMIN  # instructors run their own; a hub admin from outside helps in the hub, not here
    elif entry:
        granted |= HUB_USER
    return granted


def on_request(user: User, request: ChangeRequest) -> frozenset[Permission]:
    """SEE and OPERATE (edit, withdraw, comment) on a request; AGREE for staff who did not write it."""
    granted = on_organization(user, request.organization)
    author = request.requester_id == user.pk and (Permission.REQUEST in granted or user.is_staff)
    # Routine changes carry themselves out, so an old draft must not outlive the right to run the hub.
    runs_hub = request.hub is None or Permission.OPERATE in on_hub(user, request.hub)
    runs_it = Permission.PEOPLE in granted
    if not author and request.submitted_at is None:
        return frozenset()  # a draft is its author's
    if not (author or runs_it):
        return frozenset()
    result = {Permission.SEE}
    if (author and runs_hub) or (runs_it and not user.is_staff):
        result.add(Permission.OPERATE)
    if user.is_staff and not author:
        result.add(Permission.AGREE)
    return frozenset(result)


def _demand(granted: frozenset[Permission], need: Permission) -> None:
    if not granted:
        raise Http404
    if need not in granted:
        raise PermissionDenied


def organization(user: User, slug: str, need: Permission = Permission.SEE) -> Organization:
    row = Organization.objects.select_related("cluster").filter(slug=slug).first()
    if row is None:
        raise Http404
    _demand(on_organization(user, row), need)
    return row


def hub(user: User, uid: str, need: Permission = Permission.SEE) -> Hub:
    row = Hub.objects.select_related("organization", "cluster", "revision", "created_by").filter(uid=uid).first()
    if row is None:
        raise Http404
    _demand(on_hub(user, row), need)
    return row


def request(user: User, uid: UUID | str, need: Permission = Permission.SEE) -> ChangeRequest:
    related = (
        "organization__cluster",
        "hub__revision",
        "hub__organization",
        "base_revision",
        "requester",
        "decided_by",
    )
    try:
        row = ChangeRequest.objects.select_related(*related).filter(uid=uid).first()
    except (ValidationError, ValueError):
        row = None
    if row is None:
        raise Http404
    _demand(on_request(user, row), need)
    return row


def editable_request(user: User, uid: UUID | str) -> ChangeRequest:
    """A request whose content may be edited now. PermissionDenied when it is in nobody's hands, or not in these."""
    row = request(user, uid, Permission.OPERATE)
    if row.state not in EDITABLE:
        raise PermissionDenied("This request was sent. Take it back to edit it.")
    return row


def membership(user: User, slug: str, pk: int) -> Membership:
    place = organization(user, slug, Permission.PEOPLE)
    row = place.memberships.select_related("user", "organization").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def invitation(user: User, slug: str, pk: int) -> Invitation:
    place = organization(user, slug, Permission.PEOPLE)
    row = place.invitations.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def staff(user: User) -> None:
    """Pages that exist for staff only: a 404 for everybody else."""
    if not user.is_staff:
        raise Http404


def may_request_in(user: User) -> QuerySet[Organization]:
    """Organisations for which this person may ask for a hub."""
    if user.is_staff:
        return Organization.objects.all()
    roles = [role for role, granted in ROLES.items() if Permission.REQUEST in granted]
    return Organization.objects.filter(memberships__user=user, memberships__role__in=roles)
