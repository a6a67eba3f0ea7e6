"""A whole request in one go, for programs: all of it or nothing."""

import uuid

from django.db import transaction

from hubs.errors import Conflict, Invalid
from hubs.models import ChangeRequest, Organization, User
from hubs.services import requests
from hubs.spec import HubSpec, to_draft
from hubs.states import State


@transaction.atomic
def ask(
    *, organization: Organization, by: User, starting_point: str, slug: str, spec: HubSpec, reason: str = "",
    uid: uuid.UUID | None = None,
) -> tuple[ChangeRequest, bool]:  # fmt: skip
    """Begin, fill in and send a request for a hub; whether it is new. The same `uid` again is the same request, as it
    is by now. Raises Invalid by field (`spec.` before paths of the spec; then there is no request), Conflict."""
    row = requests.begin(organization=organization, starting_point=starting_point, by=by, uid=uid)
    if row.organization_id != organization.pk or (uid and row.uid != uid):
        raise Conflict("This uid belongs to another request. Choose a new one.")
    if row.state != State.DRAFT:
        return row, False
    try:
        requests.save(request=row, by=by, values=to_draft(spec), slug=slug, reason=reason)
        return requests.submit(request=row, by=by), True
    except Invalid as error:
        own = ("", "slug", "reason")
        raise Invalid(
            error.message, {path if path in own else f"spec.{path}": words for path, words in error.errors.items()}
        ) from error
