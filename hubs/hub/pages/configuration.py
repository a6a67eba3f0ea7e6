"""What one hub is configured with, and a search in all settings."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.hub.pages.page import common
from hubs.hub.services.take_over import origin
from hubs.images.queries.chosen import IMAGE_NAME, Choice, called
from hubs.language import _
from hubs.models import Hub, StartingPointVersion
from hubs.requests.forms.answers import image_of
from hubs.spec import FIELDS, STEPS, Field, difference
from hubs.spec.diff import facts
from hubs.spec.finding import LONGEST, settings
from hubs.spec.honoured import answers_here, in_part
from hubs.spec.types import ANY
from hubs.user_limits.queries.offers import group_warnings

ABOUT = "about"  # the step whose answers every hub has of its own


def configured(hub: Hub, image: Choice | None, start: StartingPointVersion | None) -> list[dict[str, Any]]:
    """Return the settings in words, grouped by step, without those that have no value or that the hub's cluster can't
    honour. `image` is what the image catalogue knows of the hub's image; values that differ from `start` are marked."""
    spec, can, groups = hub.spec, hub.cluster.can, []
    was = {one.path: one.before for one in difference(start.spec, spec)} if start else {}
    for step in STEPS:
        told: list[tuple[str, str, str]] = []
        for path, field in FIELDS.items():
            if field.words.step == step.name and field.telling(spec) and answers_here(field, can):
                note = ""
                if path in was and step.name != ABOUT:
                    note = _("Differs from the starting point: {value}", value=was[path] or _("not set"))
                told += [(label, words, note) for label, words in _told(field, hub, image) if words]
        if told:
            groups.append({"step": step, "facts": told})
    return groups


def _told(field: Field, hub: Hub, image: Choice | None) -> list[tuple[str, str]]:
    """Return (label, words) of a field. Instead of a default that the cluster honours in part, what it means there."""
    value = field.read(hub.spec)
    if value == field.default and field.kind == "choice" and answers_here(field, hub.cluster.can) != ANY:
        return [(field.words.label, in_part(field))]
    found = facts(field, value, hub.cluster.node_pools)
    return [(label, called(image, words)) for label, words in found] if field.path == IMAGE_NAME else found


def without_effect(hub: Hub) -> str:
    """Return the labels of the settings that differ from their defaults but that the hub's cluster can't honour."""
    spec, can = hub.spec, hub.cluster.can
    return ", ".join(str(field.words.label) for field in FIELDS.values() if field.telling(spec)
                     and field.read(spec) != field.default and not answers_here(field, can))  # fmt: skip


def found(hub: Hub, query: str) -> list[dict[str, Any]]:
    """Return the settings that a search finds, each with this hub's value and the address of its field on the form."""
    rows = []
    for one in settings(query, hub.spec, hub.cluster.can):
        told = facts(one.field, one.field.read(hub.spec), hub.cluster.node_pools)
        change = urlencode({"step": one.shown.words.step, "field": one.shown.path})
        rows.append({
            "setting": one,
            "facts": [(label, words or _("not set")) for label, words in told],
            "change": f"{reverse('hub-change', args=[hub.uid])}?{change}",
        })  # fmt: skip
    return rows


@require_safe
def show(request: SignedIn, uid: str) -> HttpResponse:
    """All settings in words; with `?q=`, the settings that the search finds, also those at their defaults."""
    hub = access.hub(request.user, uid, Permission.CONFIGURATION)
    may = access.may(request.user, hub)
    query = request.GET.get("q", "").strip()[:LONGEST]
    context = {**common(hub, may, "hub-configuration"), "q": query}
    if query:
        return render(request, "hub/configuration.html", {**context, "found": found(hub, query)})
    image = None if hub.is_retired else image_of(hub.organization, hub.cluster, hub.spec)
    context |= {
        "configured": configured(hub, image, origin(hub)),
        "without_effect": without_effect(hub),
        "group_warnings": group_warnings(hub.spec.singleuser.profileList, hub.spec.signIn, hub),
    }
    return render(request, "hub/configuration.html", context)
