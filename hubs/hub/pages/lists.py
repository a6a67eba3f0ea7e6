"""Lists of hubs: the user's own, and for staff all hubs."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.days import queries as dates
from hubs.hub.queries import presenters
from hubs.language import _, number, plural
from hubs.lists import of_hubs, of_requests, reach
from hubs.lists.keyset import ByPlace
from hubs.lists.paging import COUNTED, Page, counted, ordered_page, page_of
from hubs.live import channel as live
from hubs.models import ChangeRequest, Cluster, Hub, Organization, Role, RosterEntry, User
from hubs.pages.fragments import part
from hubs.requests.rules import EDITABLE

A_PAGE = 25
A_FLEET_PAGE = 50
WAITING = 5  # unfinished requests that are shown
# Columns that a row shows, is sorted by or is filtered by: a fifth of all columns of the joined tables.
OF_HUB = ("uid", "slug", "title", "url", "status", "urgency", "seats", "created_at", "paused_at")
OF_MINE = (
    *OF_HUB, "desired_state", "ends_on", "ended_at", "organization__name", "organization__time_zone", "revision__data",
    "created_by__username", "created_by__name", "created_by__first_name", "created_by__last_name",
)  # fmt: skip
OF_ENDING = ("uid", "title", "desired_state", "ends_on", "ended_at", "paused_at", "organization__time_zone")
OF_FLEET = (
    *OF_HUB, "ends_on", "memory_mib", "failures", "observed_at", "servers", "organization__name", "cluster__name",
)  # fmt: skip


def _unfinished(user: User) -> list[ChangeRequest]:
    """Return the user's unfinished requests, those with changes requested first; one more than is shown."""
    mine = ChangeRequest.objects.visible_to(user).begun().filter(Q(requester=user, state__in=EDITABLE))
    related = mine.select_related(*of_requests.RELATED).only(*of_requests.OF_REQUEST)
    return list(related.order_by("-state", "-updated_at")[: WAITING + 1])  # "returned" > "draft"


def _ending(user: User, roles: Mapping[int, str]) -> list[tuple[Hub, dates.Ending | None]]:
    """Return hubs that end soon or have ended, of those that the user created or whose organisation they manage; one
    more than is shown."""
    now = timezone.now()
    runs = [place for place, role in roles.items() if role in (Role.OWNER, Role.ADMIN)]
    made = Q(created_by=user, organization__in=list(roles))
    mine = Hub.objects.alive().filter(made | Q(organization__in=runs))
    near = mine.filter(ends_on__lte=dates.local_today(dates.chosen_zones(), now, dates.NEAR))
    rows = near.select_related("organization").only(*OF_ENDING).order_by("ends_on", "title", "pk")
    return [(hub, dates.ending(hub, now)) for hub in rows[: WAITING + 1]]


def _who(page: Page, user: User, roles: Mapping[int, str]) -> None:
    """Add to each hub what its row shows: creator, people on the list of those planned (with permission to read the
    configuration), end."""
    presenters.note_open(user, page.object_list, roles)
    rows = RosterEntry.objects.filter(hub__in=page.object_list, role=RosterEntry.Role.USER).order_by()
    listed = dict(rows.values_list("hub").annotate(found=Count("pk")))
    now = timezone.now()
    for hub in page.object_list:
        near = dates.ending(hub, now)
        hub.days_note = near.short if near and not hub.is_retired else ""
        may = access.on_organization(user, hub.organization, roles.get(hub.organization_id, ""))
        planned = hub.planned_people if Permission.CONFIGURATION in may else None
        many = ""
        if planned:
            here = number(listed.get(hub.pk, 0))
            many = plural("{here} of {count} person", "{here} of {count} people", planned, here=here)
        hub.who = " · ".join(filter(None, [hub.created_by.display_name, many]))


def _by_place(seen: reach.Reach, filters: of_hubs.HubFilters, places: list[int]) -> ByPlace:
    """Return the filtered hubs by organisation."""

    def hubs_of(places: Sequence[int]) -> QuerySet[Hub]:
        related = filters.living(seen.hubs(places)).select_related("organization", "created_by", "revision")
        return related.only(*OF_MINE)

    return ByPlace(hubs_of, places, filters.order, at_once=filters.any)


def _filters(seen: reach.Reach, filters: of_hubs.HubFilters, page: Page, places: list[int]) -> str:
    """Return the names of the filters: none without a hub, and organisations only if there are several."""
    if not (page.object_list or filters.any or seen.hubs(places).exists()):
        return ""
    return "q status organization sort" if len(places) > 1 else "q status sort"


@require_safe
def home(request: SignedIn) -> HttpResponse:
    """All hubs that the user has access to, by organisation, below what needs their attention. Staff see those of their
    own organisations; without one, all hubs."""
    user, position = request.user, live.position()
    roles = dict(user.memberships.values_list("organization", "role"))
    if user.is_staff and not roles:
        return redirect(f"{reverse('staff-hubs')}?{request.GET.urlencode()}".removesuffix("?"))
    seen = reach.of(user, roles)
    places = [row for row in seen.organizations() if not user.is_staff or row.pk in roles]
    filters = of_hubs.of_page(request, places)
    page = page_of(_by_place(seen, filters, [row.pk for row in places]), A_PAGE, request.GET)
    _who(page, user, roles)
    unfinished, near = _unfinished(user), _ending(user, roles)
    context = {
        "live_position": position,
        "filters": filters,
        "filter_names": _filters(seen, filters, page, [row.pk for row in places]),
        "page": page,
        "unfinished": unfinished[:WAITING],
        "more_unfinished": len(unfinished) > WAITING,
        "ending": near[:WAITING],
        "more_ending": len(near) > WAITING,
        "may_request": access.may_request_in(user).exists(),
        "is_member": bool(seen.places),
    }
    return render(request, part(request, "hubs/home.html", "rows"), context)


def _in_all(count: int) -> str:
    """Return a number of `counted` rows in words."""
    if count > COUNTED:
        return _("{count}+ hubs in all organisations", count=number(COUNTED))
    return plural("{count} hub in all organisations", "{count} hubs in all organisations", count)


@require_safe
def staff_hubs(request: SignedIn) -> HttpResponse:
    """All hubs, problems first."""
    access.staff(request.user)
    position = live.position()
    places, clusters = Organization.objects.order_by("name"), Cluster.objects.all()
    filters = of_hubs.of_fleet(request, places.only("slug", "name"), clusters.only("slug", "name"))
    rows = filters.living(Hub.objects.all())
    related = rows.select_related("organization", "cluster").only(*OF_FLEET)
    page = ordered_page(related, A_FLEET_PAGE, request.GET, *filters.order)
    for hub in page.object_list:
        hub.running = None if hub.servers is None else len(hub.servers)
    context = {
        "live_position": position,
        "filters": filters,
        "page": page,
        "found": _in_all(counted(rows)),
        "problems_first": not filters.chosen("sort"),
        "troubled": Hub.objects.filter(of_hubs.TROUBLED).count(),
        "troubled_query": urlencode({"status": of_hubs.ATTENTION[0]}),
    }
    return render(request, part(request, "hubs/fleet.html", "rows"), context)
