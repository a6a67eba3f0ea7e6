"""Context of the page of one hub, by permission. Shared by all views that render it."""

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.content.services import clones
from hubs.days import queries as dates
from hubs.errors import DomainError, Invalid, Unavailable
from hubs.hub.queries import presenters
from hubs.hub.services import acts
from hubs.hub.services import hubs as services
from hubs.hub.services.take_over import newer, origin, plan
from hubs.language import _, within
from hubs.lists.of_requests import OF_REQUESTER
from hubs.live import channel as live
from hubs.models import Hub, HubDomain, ProvisioningRun, RosterEntry, RunStep
from hubs.pages.fragments import asks_for, part
from hubs.requests.forms.answers import image_of
from hubs.roster.queries import people
from hubs.spec.refusals import refused_today
from hubs.user_limits.queries.seen import differing

TEMPLATE = "hub/show.html"
CHANGES = 4  # of a newer version that the page names
RUNS = 3  # newest runs on the page; the history has all
FIRST = ("hub", "hub-people", "hub-limits", "hub-content-link", "hub-configuration", "hub-history")  # visible tabs
# The first is the requested fragment, the others are swapped out of band.
PARTS = ("now", "status", "address", "open", "actions")


def tabs(hub: Hub, may: frozenset[Permission], here: str) -> list[dict[str, Any]]:
    """Return the tabs of one hub that this person may open. The last one holds those that are seldom needed, in `more`;
    the current page is always visible."""
    pages = [
        ("hub", _("Overview"), Permission.CONFIGURATION),
        ("hub-people", _("People"), Permission.OPERATE),
        ("hub-limits", within("tab", "User limits"), Permission.LIMITS),
        ("hub-content-link", _("Content links"), Permission.CONFIGURATION),
        ("hub-configuration", _("Configuration"), Permission.CONFIGURATION),
        ("hub-history", _("History"), Permission.CONFIGURATION),
        ("hub-profiles", _("Server options"), Permission.CONFIGURATION),
        ("hub-domain", _("Custom domain"), Permission.OPERATE),
        ("hub-compare", within("tab", "Compare"), Permission.CONFIGURATION),
        ("hub-logs", _("Logs"), Permission.OPERATE),
        ("hub-audit", _("Audit"), Permission.AUDIT),
        ("hub-secrets", _("Secrets"), Permission.SECRETS),
        ("hub-code", _("Code"), Permission.AGREE),
        ("hub-objects", _("Objects"), Permission.AGREE),
    ]
    gone = {"hub-logs", "hub-secrets"} if hub.is_retired else set()
    can = hub.cluster.can
    if not can.profiles or not hub.spec.singleuser.profileList:
        gone |= {"hub-profiles"} - {here}
    if not can.custom_domains:
        gone |= {"hub-domain"} - {here}
    gone |= {
        name
        for name, found in (("hub-objects", can.objects), ("hub-code", can.code), ("hub-logs", can.logs))
        if not found
    }
    shown: list[dict[str, Any]] = []
    more: list[dict[str, Any]] = []
    for name, title, need in pages:
        if need in may and name not in gone:
            tab = {"title": title, "href": reverse(name, args=[hub.uid]), "current": name == here}
            (shown if name in FIRST or name == here else more).append(tab)
    return [*shown, {"title": within("tab", "More"), "more": more}] if more else shown


def common(hub: Hub, may: frozenset[Permission], here: str) -> dict[str, Any]:
    """Return the context that every page of a hub needs."""
    now = timezone.now()
    ending = dates.ending(hub, now)
    presenters.note_resuming(hub)
    return {
        "hub": hub,
        "tabs": tabs(hub, may, here),
        "openable": presenters.openable(hub) and Permission.OPEN in may,
        "sees_people": Permission.PRESENCE in may,
        "works": presenters.works(hub),
        "is_staff": Permission.AGREE in may,
        "can": hub.cluster.can,
        "may_operate": Permission.OPERATE in may,
        "ending": ending,
        "actions": acts.actions(hub, may, ending, now),
    }


def _not_fetched(hub: Hub, now: datetime, roster: Callable[[], dict[str, int]]) -> dict[str, Any] | None:
    """Return whose home directories the repository could not be copied into, and why; None if there are none."""
    if not (reasons := clones.seen(hub, now)):
        return None
    count, listed = sum(one.count for one in reasons), roster()["people"]
    content = hub.spec.singleuser.content
    asked = {"repo": content.repository, "branch": content.branch, "app": "lab", "test": "1"}
    return {
        "reasons": reasons,
        "count": count,
        "of": listed if listed >= count and hub.spec.signIn.method == "portal" else None,
        "test": f"{reverse('hub-content-link', args=[hub.uid])}?{urlencode(asked)}",
    }


def _newer(hub: Hub, came_from: Any) -> dict[str, Any]:
    """Return the newer version of the hub's starting point, with what it would change in this hub, as a sentence; {} if
    nothing would change."""
    found = newer(hub, came_from)
    taken = plan(hub, found).taken if found else ()
    if not taken:
        return {}
    none = _("not set")
    told = [
        _("{label}: {before} → {after}", label=one.label, before=one.before or none, after=one.after or none)
        for one in taken[:CHANGES]
    ]
    return {"newer": found, "newer_changes": _("In this hub: {changes}.", changes="; ".join(told))}


def _servers(hub: Hub, may: frozenset[Permission]) -> presenters.Servers:
    """Return the running servers; for those who see whose they are, with the people's names and groups."""
    found = presenters.servers(hub)
    if Permission.PRESENCE in may and found.shown:
        known = people.people_of(hub, {str(row.get("user", "")) for row in found.shown})
        for row in found.shown:
            person = known[str(row.get("user", ""))]
            row["person"], row["groups"] = person.title, people.on_list(person)
    return found


def _timeline(hub: Hub) -> list[ProvisioningRun]:
    """Return the newest runs; an unfinished one with the usual duration of it and its steps."""
    runs = list(hub.runs.prefetch_related("steps")[:RUNS])
    for run in runs:
        if run.finished_at is None:
            run.hub = hub
            _add_usual(run)
    return runs


def _add_usual(run: Any) -> None:
    alike = list(ProvisioningRun.objects.finished_like(run).values_list("pk", "started_at", "finished_at"))
    run.usual = presenters.usual_seconds((start, end) for _pk, start, end in alike)
    steps: dict[str, list[Any]] = {}
    ended = RunStep.objects.filter(run__in=[pk for pk, _start, _end in alike]).exclude(finished_at=None)
    for name, start, end in ended.values_list("name", "started_at", "finished_at"):
        steps.setdefault(name, []).append((start, end))
    for step in run.steps.all():
        step.usual = presenters.usual_seconds(steps.get(step.name, []))


def _now(hub: Hub, may: frozenset[Permission], user: Any, roster: Callable[[], dict[str, int]]) -> dict[str, Any]:
    """Return what changes without a page load. `roster` costs a query."""
    now = timezone.now()
    asked = (
        hub.requests.visible_to(user)
        .begun()
        .open()
        .select_related("requester")
        .only("uid", "kind", "state", *OF_REQUESTER)
    )
    return {
        "sentence": presenters.sentence(hub, now),
        "notice": presenters.notice(hub, now),
        "busy": presenters.busy(hub) or presenters.waits_for_worker(hub, now),
        "files_kept": presenters.files_kept(hub, now),
        "conditions": presenters.conditions(hub),
        "runs": _timeline(hub),
        "servers": None if presenters.off(hub) else _servers(hub, may),
        "working": presenters.working(hub, now),
        "unhealthy": not presenters.works(hub) and not hub.is_suspended and not hub.is_retired,
        "roster": roster(),
        "by_list": hub.spec.signIn.method == "portal",
        "temporary": hub.spec.signIn.method == "tmp",
        "not_fetched": _not_fetched(hub, now, roster) if Permission.OPERATE in may else None,
        "no_servers": presenters.no_servers(hub),
        "open_requests": presenters.note_standing(asked[:5]),
    }


def _roster(hub: Hub) -> dict[str, int]:
    counts = dict(hub.roster.order_by().values_list("role").annotate(found=Count("pk")))
    return {
        "people": counts.get(RosterEntry.Role.USER, 0),
        "admins": counts.get(RosterEntry.Role.ADMIN, 0) + len(hub.spec.signIn.adminUsers),
    }


def page(request: SignedIn, uid: str, *, status: int = 200) -> HttpResponse:
    """Render the page of a hub, a reduced one for people with access only, or its live fragments."""
    position = live.position()  # read before the rows, so that no change is missed between the two
    hub = access.hub(request.user, uid, Permission.ENTER)
    may = access.may(request.user, hub)
    context = {
        **common(hub, may, "hub"),
        "live_position": position,
        "sentence": presenters.sentence(hub, timezone.now()),
        "my_servers": differing(hub, request.user.username.lower()),
    }
    if Permission.CONFIGURATION not in may:
        return _slim(request, context, status)
    if request.method == "GET":
        _have_it_looked_at(hub)
    roster = cache(partial(_roster, hub))
    context |= _now(hub, may, request.user, roster)
    if request.method == "GET" and asks_for(request, "now"):
        parts = [render(request, f"{TEMPLATE}#{name}", {**context, "oob": name != "now"}).content for name in PARTS]
        return HttpResponse(b"".join(parts))
    came_from = origin(hub)
    operates = Permission.OPERATE in may
    image = image_of(hub.organization, hub.cluster, hub.spec)
    context |= {
        "image": None if hub.is_retired else image,
        "origin": came_from,
        **(_newer(hub, came_from) if operates else {}),
        "lacking": refused_today(hub.spec) if operates else (),
        "own_name": HubDomain.objects.filter(hub=hub).first() if operates else None,
    }
    return render(request, TEMPLATE, context, status=status)


def done(request: SignedIn, hub: Hub, service: Any, sentence: str, **more: Any) -> HttpResponse:
    """Call the service and redirect to the page of the hub; if it is refused, show why and the hub as it is now.
    Without a sentence, the hub's status is the confirmation: it changes on the page, and a message would not."""
    try:
        service(hub=hub, by=request.user, **more)
    except DomainError as error:
        return refused(request, hub, error)
    if sentence:
        messages.success(request, sentence)
    return redirect("hub", uid=hub.uid)


def refused(request: SignedIn, hub: Hub, error: DomainError) -> HttpResponse:
    messages.error(request, error.message)
    status = 503 if isinstance(error, Unavailable) else 422 if isinstance(error, Invalid) else 409
    return page(request, hub.uid, status=status)


def _slim(request: SignedIn, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, part(request, "hub/enter.html", "now"), context, status=status)


def _have_it_looked_at(hub: Hub) -> None:
    """Request a new check if the last one is old. Tested first, because the UPDATE would wait for other writers."""
    if hub.observed_at is None or hub.observed_at < timezone.now() - services.LOOK_AGAIN:
        services.look(hub=hub)
