"""The only doors to rows: the row, or 404 for a stranger, or 403 for a lesser role. Deny by default.

A role is a described list of permissions; a page asks for one permission and gets the row in the same call.
"""

from enum import StrEnum
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from hubs.models import (
    ApiToken,
    CatalogueImage,
    ChangeRequest,
    Cluster,
    ContentLink,
    Delivery,
    Hub,
    Invitation,
    Membership,
    Notification,
    Organization,
    RegistryLogin,
    Role,
    StartingPoint,
    User,
    Webhook,
)
from hubs.models.webhook import WebhookQuerySet
from hubs.requests.rules import EDITABLE
from hubs.roster.queries.entering import by_portal


class SignedIn(HttpRequest):
    """What the views behind the sign-in get: for the type checker only."""

    user: User
    htmx: HtmxDetails


class Permission(StrEnum):
    SEE = "see"  # that the organisation and its hubs exist: names, status, addresses, dates, whom to ask
    ENTER = "enter"  # a hub's address and status
    OPEN = "open"  # sign in to a hub: who is on its list, and its admins
    PRESENCE = "presence"  # who works in a hub now: its list, and whoever runs it
    CONFIGURATION = "configuration"  # how hubs are configured, what was done with them, limits, other people
    REQUEST = "request"  # ask for a new hub
    OPERATE = "operate"  # run one hub: people, change, suspend, retire
    LIMITS = "limits"  # adjust a hub's user limits
    PEOPLE = "people"  # invite, change roles, remove
    AUDIT = "audit"  # read who did what
    IMAGES = "images"  # the organisation's own rows of the image catalogue
    REGISTRIES = "registries"  # passwords with which hubs fetch images
    SECRETS = "secrets"  # rotate the secrets of a hub
    SETTINGS = "settings"  # by which clock the days of an organisation's hubs begin and end
    WEBHOOKS = "webhooks"  # addresses that hear of what happens
    AGREE = "agree"  # approve requests, change an organisation's limits


ROLES: dict[str, frozenset[Permission]] = {
    Role.MEMBER: frozenset({Permission.SEE, Permission.ENTER}),
    Role.INSTRUCTOR: frozenset({Permission.SEE, Permission.ENTER, Permission.CONFIGURATION, Permission.REQUEST}),
    Role.ADMIN: frozenset(Permission) - {Permission.AGREE},
    Role.OWNER: frozenset(Permission) - {Permission.AGREE},
}
STAFF = frozenset(Permission)
# Somebody who runs one hub without running the organisation.
HUB_ADMIN = frozenset(
    {Permission.SEE, Permission.ENTER, Permission.CONFIGURATION, Permission.OPERATE, Permission.AUDIT}
)
HUB_USER = frozenset({Permission.ENTER})
# What the door granted, kept on the very row that it gave out: the page asks again for what it may show, in the same
# request and for the same person. Code that holds a row for longer than a request calls on_organization, on_hub or
# on_request.
_GRANTED = "_granted_at_the_door"
Row = Organization | Hub | ChangeRequest


def _role(user: User, organization: Organization) -> str:
    rows = Membership.objects.filter(user=user, organization=organization)
    return rows.values_list("role", flat=True).first() or ""


def role_grants(own: str | None, role: str) -> bool:
    """May somebody with the role `own` give `role`? Owners give every role, admins every role below owner."""
    return own == Role.OWNER or (own == Role.ADMIN and role != Role.OWNER)


def may_grant(by: User, organization: Organization, role: str) -> bool:
    """The same for this person, as of now. Staff give every role."""
    return by.is_staff or role_grants(_role(by, organization), role)


def offers(user: User, organization: Organization, role: str) -> bool:
    """The same for a page of an organisation that a door of this module has just given to this person."""
    known = _known(user, organization)
    return user.is_staff or role_grants(known[1] if known else _role(user, organization), role)


def _reached(user: User, organization: Organization, hub_id: int | None = None) -> bool:
    """Is it inside what the token is for, with which this person came?"""
    return user.token is None or user.token.reaches(organization.pk, hub_id)


def on_organization(user: User, organization: Organization, role: str | None = None) -> frozenset[Permission]:
    """What this person may do in this organisation. A token for one place sees no other. `role`: theirs, where it is
    known already."""
    if not _reached(user, organization):
        return frozenset()
    return STAFF if user.is_staff else _by_role(user, _role(user, organization) if role is None else role)


def _by_role(user: User, role: str) -> frozenset[Permission]:
    return STAFF if user.is_staff else ROLES.get(role, frozenset())


def on_hub(user: User, hub: Hub, role: str | None = None) -> frozenset[Permission]:
    """What this person may do with this hub: by role, and by being its admin or on its roster. `role`: theirs in its
    organisation, where it is known already."""
    if not _reached(user, hub.organization, hub.pk):
        return frozenset()
    role = _role(user, hub.organization) if role is None else role
    granted = _by_role(user, role)
    granted -= {Permission.OPEN, Permission.PRESENCE}  # by the hub, not by a role in the organisation
    entry = hub.role_of(user, role)
    if entry == "admin" and Permission.REQUEST in granted:
        granted |= HUB_ADMIN  # instructors run their own; a hub admin from outside helps in the hub, not here
    elif entry:
        granted |= HUB_USER
    if granted and (entry or not by_portal(hub)):
        granted |= {Permission.OPEN}
    if Permission.OPERATE in granted or (entry and Permission.CONFIGURATION in granted):
        granted |= {Permission.PRESENCE}
    return granted


def on_request(user: User, request: ChangeRequest, role: str | None = None) -> frozenset[Permission]:
    """SEE and OPERATE (edit, withdraw, comment) on a request; AGREE for staff behind none of whose
    accounts it was written. `role`: theirs in its organisation, where it is known already."""
    if not _reached(user, request.organization, request.hub_id):
        return frozenset()
    role = _role(user, request.organization) if role is None else role
    granted = _by_role(user, role)
    author = request.requester_id == user.pk and (Permission.REQUEST in granted or user.is_staff)
    # Routine changes carry themselves out, so an old draft must not outlive the right to run the hub.
    runs_hub = request.hub is None or Permission.OPERATE in on_hub(user, request.hub, role)
    runs_it = Permission.PEOPLE in granted
    if not author and request.submitted_at is None:
        return frozenset()  # a draft is its author's
    if not (author or runs_it):
        return frozenset()
    result = {Permission.SEE}
    if (author and runs_hub) or (runs_it and not user.is_staff):
        result.add(Permission.OPERATE)
    if user.is_staff and not author and not request.asked_for_by(user):
        result.add(Permission.AGREE)
    return frozenset(result)


def _keep(user: User, row: Row, granted: frozenset[Permission], role: str = "") -> None:
    setattr(row, _GRANTED, (user, granted, role))


def _known(user: User, row: Row) -> tuple[frozenset[Permission], str] | None:
    """What a door has granted this person for this very row, and their role there."""
    person, granted, role = getattr(row, _GRANTED, (None, frozenset(), ""))
    return (granted, role) if person is user else None


def _given(user: User, row: Row, granted: frozenset[Permission], need: Permission, role: str = "") -> None:
    _demand(granted, need)
    _keep(user, row, granted, role)


def may(user: User, row: Row) -> frozenset[Permission]:
    """What this person may do with the row that a door of this module has just given them; asked afresh for any other
    row."""
    if known := _known(user, row):
        return known[0]
    if isinstance(row, Organization):
        return on_organization(user, row)
    return on_hub(user, row) if isinstance(row, Hub) else on_request(user, row)


def _demand(granted: frozenset[Permission], need: Permission) -> None:
    if not granted:
        raise Http404
    if need not in granted:
        raise PermissionDenied


def organization(user: User, slug: str, need: Permission = Permission.SEE) -> Organization:
    row = get_object_or_404(Organization.objects.select_related("cluster"), slug=slug)
    role = "" if user.is_staff else _role(user, row)
    _given(user, row, on_organization(user, row, role), need, role)
    return row


def hub(user: User, uid: str, need: Permission = Permission.CONFIGURATION) -> Hub:
    """What a page or endpoint shows of a hub is its configuration unless it asks for less."""
    related = ("organization", "cluster", "revision", "created_by")
    row = get_object_or_404(Hub.objects.select_related(*related), uid=uid)
    _given(user, row, on_hub(user, row), need)
    return row


def request(user: User, uid: UUID | str, need: Permission = Permission.SEE) -> ChangeRequest:
    related = (
        "organization__cluster",
        "hub__revision",
        "starting_version__point",
        "requester",
    )
    try:
        row = get_object_or_404(ChangeRequest.objects.select_related(*related), uid=uid)
    except (ValidationError, ValueError):
        raise Http404 from None
    if row.hub:  # a change: both are rows that are here already
        row.hub.organization = row.organization
        if row.base_revision_id == row.hub.revision_id:
            row.base_revision = row.hub.revision
    role = _role(user, row.organization)
    _given(user, row, on_request(user, row, role), need)
    _keep(user, row.organization, on_organization(user, row.organization, role), role)
    return row


def editable_request(user: User, uid: UUID | str) -> ChangeRequest:
    """A request whose content may be edited now. PermissionDenied when it is in nobody's hands, or not in these."""
    row = request(user, uid, Permission.OPERATE)
    if row.state not in EDITABLE:
        raise PermissionDenied("This request has been submitted. Recall it to edit it.")
    return row


def membership(user: User, slug: str, pk: int, need: Permission = Permission.PEOPLE) -> Membership:
    place = organization(user, slug, need)
    return get_object_or_404(place.memberships.select_related("user"), pk=pk)


def invitation(user: User, slug: str, pk: int) -> Invitation:
    place = organization(user, slug, Permission.PEOPLE)
    return get_object_or_404(place.invitations, pk=pk)


def registry_login(user: User, slug: str, pk: int) -> RegistryLogin:
    place = organization(user, slug, Permission.REGISTRIES)
    return get_object_or_404(place.registry_logins.select_related("set_by"), pk=pk)


def content_link(user: User, uid: str, key: UUID, need: Permission) -> ContentLink:
    """A kept link of a hub. Raises Http404."""
    return get_object_or_404(hub(user, uid, need).content_links.select_related("hub__cluster"), uid=key)


def registry_host(user: User, slug: str, host: str) -> RegistryLogin:
    """The same by the registry's name."""
    place = organization(user, slug, Permission.REGISTRIES)
    return get_object_or_404(place.registry_logins.select_related("set_by"), host=host.lower())


def catalogue_image(user: User, slug: str | None, image: str) -> CatalogueImage:
    """A row of the image catalogue for whoever edits it: staff the portal's (`slug` None), an organisation's admins
    its own. Raises Http404."""
    place = image_place(user, slug)
    row = get_object_or_404(CatalogueImage.objects.all().of(place), slug=image)
    row.organization = place
    return row


def image_place(user: User, slug: str | None) -> Organization | None:
    """Whose rows of the image catalogue this person edits here; None for the portal's."""
    if slug is None:
        staff(user)
        return None
    return organization(user, slug, Permission.IMAGES)


def notification(user: User, pk: int) -> Notification:
    """One's own, and nobody else's."""
    return get_object_or_404(Notification.objects.all().visible_to(user), pk=pk)


def staff(user: User) -> None:
    """What exists for staff only: a 404 for everybody else, and for a token that is for one place."""
    if not user.is_staff or (user.token and user.token.bound):
        raise Http404


def token(user: User, pk: int) -> ApiToken:
    """One of the person's own, or of a service account whose organisation they run. A token for one place finds those
    for the same place."""
    row = get_object_or_404(
        ApiToken.objects.select_related("person__service_of", "organization", "hub__organization"), pk=pk
    )
    owner = row.person.service_of
    if row.person_id != user.pk:
        _demand(on_organization(user, owner) if owner else frozenset(), Permission.PEOPLE)
    place = (user.token.organization_id, user.token.hub_id) if user.token else (None, None)
    if any(place) and place != (row.organization_id, row.hub_id):
        raise Http404
    return row


def service_account(user: User, slug: str, username: str) -> User:
    place = organization(user, slug, Permission.PEOPLE)
    return get_object_or_404(place.service_accounts.select_related("service_of"), username=username, is_active=True)


def webhook(user: User, uid: UUID | str) -> Webhook:
    """One of an organisation that they run; those of the whole portal are staff's."""
    row = get_object_or_404(Webhook.objects.select_related("organization", "created_by"), uid=uid)
    if row.organization:
        _demand(on_organization(user, row.organization), Permission.WEBHOOKS)
    else:
        staff(user)
    return row


def delivery(user: User, uid: UUID | str, pk: int) -> Delivery:
    return get_object_or_404(webhook(user, uid).deliveries.select_related("webhook__organization"), pk=pk)


def runs_webhooks_of(user: User) -> WebhookQuerySet:
    """All that this person looks after."""
    rows = Webhook.objects.all()
    if user.token:
        rows = rows.filter(user.token.among("organization"))
    if user.is_staff:
        return rows
    roles = [role for role, granted in ROLES.items() if Permission.WEBHOOKS in granted]
    mine = Membership.objects.filter(user=user, role__in=roles)
    return rows.filter(organization__in=mine.values("organization"))


def cluster(user: User, slug: str) -> Cluster:
    """Clusters are staff's business alone."""
    staff(user)
    return get_object_or_404(Cluster.objects.select_related("credentials_by"), slug=slug)


def starting_point(user: User, slug: str) -> StartingPoint:
    """What stands in the catalogue is written by staff; others see the cards that are offered to them."""
    staff(user)
    return get_object_or_404(StartingPoint.objects.select_related("version"), slug=slug)


def card(user: User, slug: str) -> StartingPoint:
    """A starting point that this person may begin a request with; staff see the withdrawn ones, too."""
    unbound_staff = user.is_staff and not (user.token and user.token.bound)
    rows = StartingPoint.objects.all() if unbound_staff else StartingPoint.objects.offered_in(may_request_in(user))
    return get_object_or_404(rows.select_related("version"), slug=slug)


def may_request_in(user: User) -> QuerySet[Organization]:
    """Organisations for which this person may ask for a hub."""
    rows = Organization.objects.filter(user.token.among("pk")) if user.token else Organization.objects.all()
    if user.is_staff:
        return rows
    roles = [role for role, granted in ROLES.items() if Permission.REQUEST in granted]
    return rows.filter(memberships__user=user, memberships__role__in=roles)
