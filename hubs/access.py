"""Access control: the only functions that give views their rows. They raise Http404 for a person without any
permission, and PermissionDenied for one whose role lacks the requested permission. Deny by default.

A role is a set of permissions. A page requests one permission and gets the row in the same call.
"""

from enum import StrEnum
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from hubs.language import _
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
    """The request of views that need a sign-in. For the type checker only."""

    user: User
    htmx: HtmxDetails


class Permission(StrEnum):
    SEE = "see"  # the organisation and its hubs: names, status, addresses, dates, contact
    ENTER = "enter"  # see a hub's address and status
    OPEN = "open"  # sign in to a hub: people on its list, and its admins
    PRESENCE = "presence"  # see who uses a hub now: people on its list, and those who operate it
    CONFIGURATION = "configuration"  # see hubs' configuration and activity, limits, and other people
    REQUEST = "request"  # request a new hub
    OPERATE = "operate"  # operate one hub: people, change, suspend, retire
    LIMITS = "limits"  # adjust a hub's user limits
    PEOPLE = "people"  # invite, change roles, remove
    AUDIT = "audit"  # read the audit log
    IMAGES = "images"  # edit the organisation's own rows of the image catalogue
    REGISTRIES = "registries"  # edit the passwords with which hubs pull images
    SECRETS = "secrets"  # rotate the secrets of a hub
    SETTINGS = "settings"  # set the organisation's time zone
    WEBHOOKS = "webhooks"  # manage webhooks
    AGREE = "agree"  # approve requests, change an organisation's limits


ROLES: dict[str, frozenset[Permission]] = {
    Role.MEMBER: frozenset({Permission.SEE, Permission.ENTER}),
    Role.INSTRUCTOR: frozenset({Permission.SEE, Permission.ENTER, Permission.CONFIGURATION, Permission.REQUEST}),
    Role.ADMIN: frozenset(Permission) - {Permission.AGREE},
    Role.OWNER: frozenset(Permission) - {Permission.AGREE},
}
STAFF = frozenset(Permission)
# A person who operates one hub, but does not administer the organisation.
HUB_ADMIN = frozenset(
    {Permission.SEE, Permission.ENTER, Permission.CONFIGURATION, Permission.OPERATE, Permission.AUDIT}
)
HUB_USER = frozenset({Permission.ENTER})
# The attribute that caches granted permissions on the row itself: a page asks again what it may show, within the same
# request and for the same person. Code that keeps a row for longer than a request calls on_organization, on_hub or
# on_request.
_GRANTED = "_granted_at_the_door"
Row = Organization | Hub | ChangeRequest


def _role(user: User, organization: Organization) -> str:
    rows = Membership.objects.filter(user=user, organization=organization)
    return rows.values_list("role", flat=True).first() or ""


def role_grants(own: str | None, role: str) -> bool:
    """Return whether a person with the role `own` may grant `role`. Owners grant all roles, admins all below owner."""
    return own == Role.OWNER or (own == Role.ADMIN and role != Role.OWNER)


def may_grant(by: User, organization: Organization, role: str) -> bool:
    """Return whether this person may grant `role` now, read from the database. Staff grant all roles."""
    return by.is_staff or role_grants(_role(by, organization), role)


def offers(user: User, organization: Organization, role: str) -> bool:
    """As `may_grant`, for an organisation that this module has just returned for this person: uses the cached role."""
    known = _known(user, organization)
    return user.is_staff or role_grants(known[1] if known else _role(user, organization), role)


def _reached(user: User, organization: Organization, hub_id: int | None = None) -> bool:
    """Return whether the token of this request, if any, covers the organisation or hub."""
    return user.token is None or user.token.reaches(organization.pk, hub_id)


def on_organization(user: User, organization: Organization, role: str | None = None) -> frozenset[Permission]:
    """Return this person's permissions in this organisation. A token bound to another organisation or a hub has none.
    `role`: their role, if it is already known."""
    if not _reached(user, organization):
        return frozenset()
    return STAFF if user.is_staff else _by_role(user, _role(user, organization) if role is None else role)


def _by_role(user: User, role: str) -> frozenset[Permission]:
    return STAFF if user.is_staff else ROLES.get(role, frozenset())


def on_hub(user: User, hub: Hub, role: str | None = None) -> frozenset[Permission]:
    """Return this person's permissions for this hub: by role, and as its admin or on its people list. `role`: their
    role in its organisation, if it is already known."""
    if not _reached(user, hub.organization, hub.pk):
        return frozenset()
    role = _role(user, hub.organization) if role is None else role
    granted = _by_role(user, role)
    granted -= {Permission.OPEN, Permission.PRESENCE}  # granted by the hub, not by a role in the organisation
    entry = hub.role_of(user, role)
    if entry == "admin" and Permission.REQUEST in granted:
        granted |= HUB_ADMIN  # instructors operate their own; external hub admins have rights in the hub, not here
    elif entry:
        granted |= HUB_USER
    if granted and (entry or not by_portal(hub)):
        granted |= {Permission.OPEN}
    if Permission.OPERATE in granted or (entry and Permission.CONFIGURATION in granted):
        granted |= {Permission.PRESENCE}
    return granted


def on_request(user: User, request: ChangeRequest, role: str | None = None) -> frozenset[Permission]:
    """Return this person's permissions for a request: SEE, OPERATE (edit, withdraw, comment), and AGREE for staff who
    have not contributed to it with any account. `role`: their role in its organisation, if it is already known."""
    if not _reached(user, request.organization, request.hub_id):
        return frozenset()
    role = _role(user, request.organization) if role is None else role
    granted = _by_role(user, role)
    author = request.requester_id == user.pk and (Permission.REQUEST in granted or user.is_staff)
    # Routine changes are applied automatically, so an old draft must not outlive the permission to operate the hub.
    runs_hub = request.hub is None or Permission.OPERATE in on_hub(user, request.hub, role)
    runs_it = Permission.PEOPLE in granted
    if not author and request.submitted_at is None:
        return frozenset()  # only its author sees a draft
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
    """Return the cached permissions of this person for this row, and their role; None if there are none."""
    person, granted, role = getattr(row, _GRANTED, (None, frozenset(), ""))
    return (granted, role) if person is user else None


def _given(user: User, row: Row, granted: frozenset[Permission], need: Permission, role: str = "") -> None:
    _demand(granted, need)
    _keep(user, row, granted, role)


def may(user: User, row: Row) -> frozenset[Permission]:
    """Return this person's permissions for a row: cached if this module has returned it for them, else computed."""
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
    """Return a hub. By default CONFIGURATION is needed; pages that show less request less."""
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
    if row.hub:  # a change: both rows are already loaded
        row.hub.organization = row.organization
        if row.base_revision_id == row.hub.revision_id:
            row.base_revision = row.hub.revision
    role = _role(user, row.organization)
    _given(user, row, on_request(user, row, role), need)
    _keep(user, row.organization, on_organization(user, row.organization, role), role)
    return row


def editable_request(user: User, uid: UUID | str) -> ChangeRequest:
    """Return a request that this person may edit now. Raise PermissionDenied if they may not, or it was submitted."""
    row = request(user, uid, Permission.OPERATE)
    if row.state not in EDITABLE:
        raise PermissionDenied(_("This request has been submitted. Recall it to edit it."))
    return row


def membership(user: User, slug: str, pk: int, need: Permission = Permission.PEOPLE) -> Membership:
    place = organization(user, slug, need)
    return get_object_or_404(place.memberships.select_related("user"), pk=pk)


def invitation(user: User, slug: str, pk: int) -> Invitation:
    place = organization(user, slug, Permission.PEOPLE)
    return get_object_or_404(place.invitations.select_related("invited_by"), pk=pk)


def registry_login(user: User, slug: str, pk: int) -> RegistryLogin:
    place = organization(user, slug, Permission.REGISTRIES)
    return get_object_or_404(place.registry_logins.select_related("set_by"), pk=pk)


def content_link(user: User, uid: str, key: UUID, need: Permission) -> ContentLink:
    """Return a saved content link of a hub. Raise Http404."""
    return get_object_or_404(hub(user, uid, need).content_links.select_related("hub__cluster"), uid=key)


def registry_host(user: User, slug: str, host: str) -> RegistryLogin:
    """As `registry_login`, by the registry's host name."""
    place = organization(user, slug, Permission.REGISTRIES)
    return get_object_or_404(place.registry_logins.select_related("set_by"), host=host.lower())


def catalogue_image(user: User, slug: str | None, image: str) -> CatalogueImage:
    """Return a row of the image catalogue to edit: the portal's for staff (`slug` None), an organisation's for its
    admins. Raise Http404."""
    place = image_place(user, slug)
    row = get_object_or_404(CatalogueImage.objects.all().of(place), slug=image)
    row.organization = place
    return row


def image_place(user: User, slug: str | None) -> Organization | None:
    """Return the organisation whose rows of the image catalogue are edited; None for the portal's."""
    if slug is None:
        staff(user)
        return None
    return organization(user, slug, Permission.IMAGES)


def notification(user: User, pk: int) -> Notification:
    """Return one of the person's own notifications."""
    return get_object_or_404(Notification.objects.all().visible_to(user), pk=pk)


def staff(user: User) -> None:
    """Raise Http404 unless the user is staff, and for a token that is bound to an organisation or hub."""
    if not user.is_staff or (user.token and user.token.bound):
        raise Http404


def token(user: User, pk: int) -> ApiToken:
    """Return one of the person's own tokens, or one of a service account whose organisation they administer. A bound
    token finds only tokens with the same binding."""
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
    row = get_object_or_404(place.service_accounts, username=username, is_active=True)
    row.service_of = place  # with the role that was read for it
    return row


def webhook(user: User, uid: UUID | str) -> Webhook:
    """Return a webhook of an organisation that they administer; for staff also one of the whole portal."""
    row = get_object_or_404(Webhook.objects.select_related("organization", "created_by"), uid=uid)
    if row.organization:
        _demand(on_organization(user, row.organization), Permission.WEBHOOKS)
    else:
        staff(user)
    return row


def delivery(user: User, uid: UUID | str, pk: int) -> Delivery:
    return get_object_or_404(webhook(user, uid).deliveries.select_related("webhook__organization"), pk=pk)


def runs_webhooks_of(user: User) -> WebhookQuerySet:
    """Return all webhooks that this person can manage."""
    rows = Webhook.objects.all()
    if user.token:
        rows = rows.filter(user.token.among("organization"))
    if user.is_staff:
        return rows
    roles = [role for role, granted in ROLES.items() if Permission.WEBHOOKS in granted]
    mine = Membership.objects.filter(user=user, role__in=roles)
    return rows.filter(organization__in=mine.values("organization"))


def cluster(user: User, slug: str) -> Cluster:
    """Return a cluster, for staff only."""
    staff(user)
    return get_object_or_404(Cluster.objects.select_related("credentials_by"), slug=slug)


def starting_point(user: User, slug: str) -> StartingPoint:
    """Return a starting point to edit, for staff only. Other people see the cards offered to them (`card`)."""
    staff(user)
    return get_object_or_404(StartingPoint.objects.select_related("version"), slug=slug)


def card(user: User, slug: str) -> StartingPoint:
    """Return a starting point with which this person may start a request. Staff see the withdrawn ones, too."""
    unbound_staff = user.is_staff and not (user.token and user.token.bound)
    rows = StartingPoint.objects.all() if unbound_staff else StartingPoint.objects.offered_in(may_request_in(user))
    return get_object_or_404(rows.select_related("version"), slug=slug)


def may_request_in(user: User) -> QuerySet[Organization]:
    """Return the organisations for which this person may request a hub."""
    rows = Organization.objects.filter(user.token.among("pk")) if user.token else Organization.objects.all()
    if user.is_staff:
        return rows
    roles = [role for role, granted in ROLES.items() if Permission.REQUEST in granted]
    return rows.filter(memberships__user=user, memberships__role__in=roles)
