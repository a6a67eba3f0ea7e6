"""What approving a request would do in the cluster. Loaded after the page, so that a slow cluster does not delay it."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.clusters import queries as operations
from hubs.clusters.rules import Planned
from hubs.errors import DomainError, Unavailable
from hubs.language import _, listed, number, plural, within
from hubs.models import ChangeRequest, Hub
from hubs.requests.rules import State
from hubs.spec.diff import Difference

LONGEST = 2000  # characters of one value
ACTIONS = {"create": ("good", "plus"), "change": ("warning", "edit"), "delete": ("bad", "trash")}


@dataclass(frozen=True)
class Row:
    """One object in the table."""

    kind: str
    name: str
    tone: str
    icon: str
    word: str
    differences: list[Difference]


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return _("{text} … ({length} characters)", text=text[:LONGEST], length=number(len(text)))


def _word(action: str) -> str:
    match action:
        case "create":
            return within("object", "Create")
        case "change":
            return within("object", "Change")
    return within("object", "Delete")


def _row(one: Planned) -> Row:
    tone, icon = ACTIONS[one.action]
    differences = [Difference(path, path, _short(before), _short(after)) for path, before, after in one.changes]
    return Row(one.kind, one.name, tone, icon, _word(one.action), differences)


def _in_words(request: ChangeRequest, planned: list[Planned]) -> str:
    """Summarise the effect on people."""
    if not planned:
        return _("Nothing in the cluster would change.")
    objects = listed(_counted([one.action for one in planned]))
    retires = request.kind == ChangeRequest.Kind.RETIRE
    if request.hub is None or retires or request.hub.desired_state != Hub.Desired.RUNNING:
        return f"{objects}."
    touched = {one.part for one in planned}
    if "proxy" in touched:
        return _(
            "{objects}. The proxy may restart, which interrupts all connections for a few seconds.", objects=objects
        )
    if "hub" in touched:
        return _("{objects}. Only the hub itself restarts; people’s servers continue.", objects=objects)
    return _("{objects}. Nothing restarts.", objects=objects)


def _counted(actions: list[str]) -> list[str]:
    new, changed, removed = (actions.count(one) for one in ("create", "change", "delete"))
    found = [plural("{count} object new", "{count} objects new", new)] if new else []
    found += [plural("{count} object changed", "{count} objects changed", changed)] if changed else []
    return found + ([plural("{count} object removed", "{count} objects removed", removed)] if removed else [])


@require_safe
def show(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """For staff who can decide on the request, while it is submitted."""
    row = access.request(request.user, uid, Permission.AGREE)
    context: dict[str, Any] = {"change_request": row}
    status = 200
    if row.state != State.SUBMITTED:
        context["told"] = _("This request is no longer waiting for a decision.")
    else:
        try:
            planned = list(operations.plan(row))
            context |= {"rows": [_row(one) for one in planned], "told": _in_words(row, planned)}
            context["all_new"] = all(one.action == "create" for one in planned)
        except DomainError as error:
            away = isinstance(error, Unavailable)
            context["trouble"], context["tone"] = error.message, "warning" if away else "bad"
            titles = _("The cluster would reject this"), _("The cluster is not available")
            context["trouble_title"] = titles[away]
            status = 503 if away else 200
    if request.htmx:  # a fragment shows the error in place
        return render(request, "requests/plan.html#plan", context)
    return render(request, "requests/plan.html", context, status=status)
