"""Create a draft from a values file. All its values are kept: in fields, in `more`, or encrypted."""

from django.db import transaction

from hubs.audit.services import audit
from hubs.errors import Invalid
from hubs.language import _
from hubs.models import ChangeRequest, Organization, User
from hubs.requests.queries.addresses import free_address
from hubs.spec import to_draft
from hubs.spec.followed import why_ignored
from hubs.spec.imports import Imported
from hubs.spec.secrets import REPLACED
from hubs.spec.trees import joined
from hubs.text.texts import LONGEST_YAML

from . import contributors, secrets
from .requests import check_drafts

IMPORTED = "import"  # stored instead of the name of a starting point


@transaction.atomic
def begin_import(*, organization: Organization, by: User, found: Imported) -> ChangeRequest:
    """Create a draft of a new hub with everything in the file. Raise Invalid if it is too large to edit, Conflict for a
    person with too many drafts."""
    check_drafts(by)
    draft = {**to_draft(found.spec), "slug": free_address(found.spec.about.title)}
    if any(len(text) > LONGEST_YAML for text in draft.values()):
        raise Invalid(_("This file is too large to edit in a browser."))
    request = ChangeRequest.objects.create(
        organization=organization,
        kind=ChangeRequest.Kind.CREATE,
        requester=by,
        starting_point=IMPORTED,
        draft=draft,
        title=found.spec.about.title.strip(),
    )
    contributors.note(request, by, contributors.Step.START)
    whole = {"file": draft, "kept apart": [joined(path) for path in found.secrets]}  # only the names of secrets
    audit.record("request.start", by=by, subject=_("a hub from a values file"), request=request, whole=whole)
    kept = {joined(path): text for path, text in found.secrets.items() if text != REPLACED and not why_ignored(path)}
    usable = {path: text for path, text in kept.items() if not secrets.check({path: text})}
    secrets.keep(request=request, by=by, values=usable)
    return request
