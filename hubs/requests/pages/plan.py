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
from hubs.models import ChangeRequest, Hub
from hubs.requests.rules import State
from hubs.spec.diff import Difference
from hubs.templatetags.words import count_text, list_text

LONGEST = 2000  # characters of one value
ACTIONS = {
    "create": ("good", "plus", "Create"),
    "change": ("warning", "edit", "Change"),
    "delete": ("bad", "trash", "Delete"),
}


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
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text):,} characters)"


def _row(one: Planned) -> Row:
    tone, icon, word = ACTIONS[one.action]
    differences = [Difference(path, path, _short(before), _short(after)) for path, before, after in one.changes]
    return Row(one.kind, one.name, tone, icon, word, differences)


def _in_words(request: ChangeRequest, planned: list[Planned]) -> str:
    """Summarise the effect on people."""
    if not planned:
        return "Nothing in the cluster would change."
    counts = {action: sum(one.action == action for one in planned) for action in ACTIONS}
    parts = [
        count_text(counts[action], f"object {words}", f"objects {words}")
        for action, words in (("create", "new"), ("change", "changed"), ("delete", "removed"))
        if counts[action]
    ]
    said = f"{list_text(parts)}."
    if request.hub is None:
        return said
    if request.kind == ChangeRequest.Kind.RETIRE or request.hub.desired_state != Hub.Desired.RUNNING:
        return said
    touched = {one.part for one in planned}
    if "proxy" in touched:
        return f"{said} The proxy may restart, which interrupts all connections for a few seconds."
    if "hub" in touched:
        return f"{said} Only the hub itself restarts; people’s servers continue."
    return f"{said} Nothing restarts."


@require_safe
def show(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """For staff who can decide on the request, while it is submitted."""
    row = access.request(request.user, uid, Permission.AGREE)
    context: dict[str, Any] = {"change_request": row}
    status = 200
    if row.state != State.SUBMITTED:
        context["told"] = "This request is no longer waiting for a decision."
    else:
        try:
            planned = list(operations.plan(row))
            context |= {"rows": [_row(one) for one in planned], "told": _in_words(row, planned)}
            context["all_new"] = all(one.action == "create" for one in planned)
        except DomainError as error:
            away = isinstance(error, Unavailable)
            context["trouble"], context["tone"] = error.message, "warning" if away else "bad"
            context["trouble_title"] = "The cluster is not available" if away else "The cluster would reject this"
            status = 503 if away else 200
    if request.htmx:  # a fragment shows the error in place
        return render(request, "requests/plan.html#plan", context)
    return render(request, "requests/plan.html", context, status=status)
