"""Pages of organisations: what they have, what they use, and their limits."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Invalid
from hubs.hub.queries import presenters
from hubs.language import _, lazy, plural
from hubs.limits.queries import limits as agreed
from hubs.limits.queries.promised import Ledger
from hubs.lists.of_people import OrganizationFilters
from hubs.lists.paging import ordered_page
from hubs.live import channel as live
from hubs.models import ChangeRequest, Hub, Membership, Organization, Role
from hubs.organizations import services
from hubs.organizations.forms.organizations import ClusterForm, LimitsForm, NewOrganizationForm
from hubs.pages.forms import tried
from hubs.pages.fragments import part

A_PAGE = 25
MADE = "made_invitations"  # session key: the invitations whose links are shown once
NOT_STAFF = lazy("Only staff can change an organisation’s limits. Contact them if you need more.")
SEVERAL = {
    Role.OWNER: lazy("Owners"),
    Role.ADMIN: lazy("Admins"),
    Role.INSTRUCTOR: lazy("Instructors"),
    Role.MEMBER: lazy("Members"),
}


def tabs(request: SignedIn, organization: Organization, here: str) -> list[dict[str, Any]]:
    """Return the tabs of one organisation that this person may open."""
    granted = access.may(request.user, organization)
    pages = [("organization", _("Overview")), ("organization-calendar", _("Calendar"))]
    if Permission.CONFIGURATION in granted:
        pages.insert(1, ("people", _("People")))
        pages.append(("organization-limits", _("Limits")))
    if Permission.IMAGES in granted:
        pages.append(("organization-image-list", _("Images")))
    if Permission.REGISTRIES in granted:
        pages.append(("registries", _("Registries")))
    if Permission.WEBHOOKS in granted:
        pages.append(("webhooks", _("Webhooks")))
    if Permission.PEOPLE in granted:
        pages.append(("service-accounts", _("Service accounts")))
    if Permission.AUDIT in granted:
        pages.append(("organization-audit", _("Audit")))
    return [
        {"title": title, "href": reverse(name, args=[organization.slug]), "current": name == here}
        for name, title in pages
    ]


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """List the person's organisations; all of them for staff."""
    rows = Organization.objects.visible_to(request.user)
    filters = OrganizationFilters(request.GET)
    rows, q = filters.narrow(rows), filters.chosen("q")
    there = Membership.objects.people().filter(organization=OuterRef("pk")).order_by().values("organization")
    people = Coalesce(Subquery(there.annotate(found=Count("pk")).values("found")), 0)
    rows = rows.annotate(people=people)
    page = ordered_page(rows, A_PAGE, request.GET, "name", "pk")
    roles = dict(request.user.memberships.values_list("organization_id", "role"))
    may = {row.pk: access.on_organization(request.user, row, roles.get(row.pk, "")) for row in page.object_list}
    read = [row for row in page.object_list if Permission.CONFIGURATION in may[row.pk]]
    found = agreed.ledgers(read, timezone.now(), running=True)
    cards = [_card(row, roles.get(row.pk, ""), found.get(row.pk)) for row in page.object_list]
    return render(request, "organizations/index.html", {"page": page, "cards": cards, "q": q})


def _card(row: Organization, role: str, found: Ledger | None) -> dict[str, Any]:
    """Return an organisation as the list shows it. `found` is None if the person may not read its figures."""
    card: dict[str, Any] = {"row": row, "role": Role(role).label if role else ""}
    if found is None:
        return card
    people: int = row.people  # type: ignore[attr-defined]  # annotated by the list
    return card | {
        "meters": agreed.standing(row, found),
        "hubs": plural("{count} hub", "{count} hubs", len(found.claims)),
        "people": plural("{count} member", "{count} members", people),
    }


def use(organization: Organization) -> dict[str, Any]:
    """Return what the organisation's hubs use of its limits (today as meters, from today on as charts), and whether it
    has sent requests."""
    found = agreed.ledger(organization, running=True)
    return {
        "meters": agreed.standing(organization, found),
        "courses": [one for one in agreed.courses(organization, found) if one.peak.value],
        "asked": ChangeRequest.objects.filter(organization=organization).exclude(submitted_at=None).exists(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    form = NewOrganizationForm(request.POST or None)
    if row := tried(form, services.create, by=request.user):
        owner = form.cleaned_data["owner"]
        words = _("{name} was created. Set its limits, then <a href='{url}'>invite people</a>.")
        if not owner:
            words = _("{name} was created. Set its limits, then <a href='{url}'>invite its owner</a>.")
        elif isinstance(owner, str):
            request.session[MADE] = list(row.invitations.values_list("pk", flat=True))
            words = _("{name} was created and its owner is <a href='{url}'>invited</a>. Now set its limits.")
        there = "people" if isinstance(owner, str) and owner else "invite"
        messages.success(request, format_html(words, name=row.name, url=reverse(there, args=[row.slug])))
        return redirect("organization-limits", row.slug)
    return render(request, "organizations/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _of_role(role: Role, count: int) -> tuple[str, int]:
    """Return how a role with so many people is labelled, and the number."""
    return role.label if count == 1 else SEVERAL[role], count


@require_safe
def show(request: SignedIn, slug: str) -> HttpResponse:
    organization = access.organization(request.user, slug)
    granted = access.may(request.user, organization)
    position = live.position()
    hubs = (
        Hub.objects.filter(organization=organization).alive().select_related("organization", "created_by", "revision")
    )
    by_role = dict(organization.memberships.people().order_by().values_list("role").annotate(found=Count("pk")))
    owners = (
        organization.memberships.people().filter(role=Role.OWNER).select_related("user").order_by("since", "pk")[:5]
    )
    page = ordered_page(hubs, A_PAGE, request.GET, "title", "pk")
    presenters.note_open(request.user, page.object_list)
    context = {
        "organization": organization,
        "tabs": tabs(request, organization, "organization"),
        "meters": agreed.meters(None, organization),
        "may_read": Permission.CONFIGURATION in granted,
        "page": page,
        "people": [_of_role(role, by_role.get(role.value, 0)) for role in Role],
        "people_count": sum(by_role.values()),
        "people_title": plural("{count} person", "{count} people", sum(by_role.values())),
        "owners": [membership.user for membership in owners],
        "may_request": Permission.REQUEST in granted,
        "may_invite": Permission.PEOPLE in granted,
        "live_position": position,
    }
    return render(request, part(request, "organizations/show.html", "hubs", "organization-hubs"), context)


@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: SignedIn, slug: str) -> HttpResponse:
    """The organisation's limits: instructors, admins and owners read them, staff change them."""
    organization = access.organization(request.user, slug, Permission.CONFIGURATION)
    may_change = Permission.AGREE in access.may(request.user, organization)
    form = LimitsForm(initial=LimitsForm.initial_of(organization))
    status = 200
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied(NOT_STAFF)
        form = LimitsForm(request.POST)
        if form.is_valid():
            row = services.change_limits(organization=organization, by=request.user, values=form.values())
            messages.success(request, _("Limits saved. They apply from now on. Existing hubs are not changed."))
            if follows := agreed.share(row):
                messages.info(request, follows)
            return redirect("organization-limits", slug)
        status = 422
    context = {
        "organization": organization,
        "tabs": tabs(request, organization, "organization-limits"),
        **use(organization),
        "form": form,
        "may_change": may_change,
        "place": ClusterForm(organization) if may_change else None,
    }
    return render(request, "organizations/limits.html", context, status=status)


@require_POST
def cluster(request: SignedIn, slug: str) -> HttpResponse:
    """Change the cluster of its new hubs. Staff only; the form is on the page of the limits."""
    organization = access.organization(request.user, slug, Permission.AGREE)
    form = ClusterForm(organization, request.POST)
    if not form.is_valid():
        raise Invalid(_("Choose one of the clusters."))
    row = services.change_cluster(organization=organization, by=request.user, cluster=form.cleaned_data["cluster"])
    done = _(
        "New hubs of {organization} are created on “{cluster}”. Existing hubs stay on their cluster.",
        organization=row.name,
        cluster=str(row.cluster),
    )
    messages.success(request, done)
    return redirect("organization-limits", slug)
