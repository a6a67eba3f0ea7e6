"""Save what a draft's page sends: by field, right or wrong, merged with what other tabs or people save."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.forms import Form
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import DomainError, Invalid
from hubs.language import _
from hubs.models import ChangeRequest
from hubs.requests.forms.asked import NAMES, REVIEW, answered
from hubs.requests.forms.secrets import posted_secrets
from hubs.requests.services import secrets, two_tabs
from hubs.spec import Draft

CHOICE = "choice."  # + path: "mine" or "theirs", the user's choice


def editable(request: SignedIn, uid: uuid.UUID) -> ChangeRequest:
    """Return a request that the user can edit, in any state. Requests to retire a hub have no form."""
    row = access.request(request.user, uid, Permission.OPERATE)
    if row.kind == ChangeRequest.Kind.RETIRE:
        raise Http404
    return row


@dataclass(frozen=True)
class Posted:
    """One step of a form as posted: its texts, what the page had shown, and the user's choices for conflicts."""

    values: Draft
    slug: str | None
    reason: str | None
    seen: dict[str, str]
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> Draft:
        beside = {name: text for name, text in (("slug", self.slug), ("reason", self.reason)) if text is not None}
        return {**self.values, **beside}


def posted(data: Mapping[str, str], step: str, row: ChangeRequest) -> Posted:
    """Parse a request body of this step, or of the review."""
    values = {} if step == REVIEW else answered(data, step, row)
    slug = data.get("slug") if step == NAMES[0] else None
    reason = data.get("reason") if step == REVIEW else None
    seen = two_tabs.read_marks(data.get("seen", ""))
    chosen = {name.removeprefix(CHOICE): text for name, text in data.items() if name.startswith(CHOICE)}
    return Posted(values, slug, reason, seen, chosen)


def keep(request: SignedIn, row: ChangeRequest, said: Posted) -> two_tabs.Merged:
    """Save by field. With choice "mine", the other tab's text is overwritten. Raise Invalid and Conflict."""
    seen = {path: one for path, one in said.seen.items() if said.chosen.get(path) != "mine"}
    taken = {path for path, choice in said.chosen.items() if choice == "theirs"}
    found = two_tabs.save(
        request=row,
        by=request.user,
        values={path: text for path, text in said.values.items() if path not in taken},
        seen=seen,
        slug=None if "slug" in taken else said.slug,
        reason=None if "reason" in taken else said.reason,
    )
    secrets.keep(request=row, by=request.user, values=posted_secrets(request.POST))
    return found


def note_both(
    form: Form, row: ChangeRequest, found: tuple[two_tabs.Both, ...] = (), seen: Mapping[str, str] | None = None
) -> str:
    """Show conflicts between two tabs next to their fields. Return the marks that the page sends back."""
    paths = {one.path for one in found}
    for one in found:
        if one.path in form.fields:
            form.fields[one.path].both = one  # type: ignore[attr-defined]
    marks = two_tabs.marks(row, list(form.fields))
    return json.dumps(marks | {path: one for path, one in (seen or {}).items() if path in paths}, separators=(",", ":"))


@require_POST
def autosave(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Save what was typed so far. 204; or 200 with what the page shows now, if the page sent marks: `seen`, `texts`
    that changed elsewhere, and `both` where the user has to choose. Plain text: 409 if it has been sent meanwhile, 422
    if it can't be saved."""
    row = editable(request, uid)
    step = request.POST.get("step", "")
    if step not in (*NAMES, REVIEW):
        return HttpResponse(_("Not saved. Reload the page to continue."), status=422, content_type="text/plain")
    said = posted(request.POST, step, row)
    try:
        found = keep(request, row, said)
    except DomainError as error:
        status = 422 if isinstance(error, Invalid) else 409
        words = _("Not saved. {reason}", reason=error.message)
        return HttpResponse(words, status=status, content_type="text/plain")
    if not said.seen:
        return HttpResponse(status=204)
    asked = {one.path for one in found.both}
    shown = two_tabs.texts(row)
    taken = {path: shown.get(path, "") for path, choice in said.chosen.items() if choice == "theirs"}
    paths = [path for path in said.texts if path not in asked]
    both = [{"path": one.path, "label": str(one.label), "theirs": one.theirs} for one in found.both]
    return JsonResponse({"seen": two_tabs.marks(row, paths), "texts": {**found.theirs, **taken}, "both": both})
