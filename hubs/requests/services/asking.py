"""A complete request in one call, for apps: all or nothing."""

import uuid
from collections.abc import Mapping

from django.db import transaction

from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.models import ChangeRequest, Organization, User
from hubs.requests.rules import State
from hubs.spec import HubSpec, to_draft

from . import requests, secrets

OWN = ("", "slug", "reason", "startingPoint", "values", "draft")  # keys of a body other than fields and secrets


def in_body(errors: Mapping[str, list[str]], place: str = "spec") -> dict[str, list[str]]:
    """Map errors to keys of the request body: services name fields and secrets by their paths, which a body has below
    `spec` (or another `place`) and `secrets`."""
    typed = {one.path for one in secrets.ASKED}
    found = {}
    for path, words in errors.items():
        above = (
            "" if path in OWN or path.startswith(("spec", "secrets")) else "secrets." if path in typed else f"{place}."
        )
        found[f"{above}{path}"] = words
    return found


@transaction.atomic
def ask(
    *, organization: Organization, by: User, starting_point: str, slug: str, spec: HubSpec, reason: str = "",
    uid: uuid.UUID | None = None, typed: Mapping[str, str] | None = None,
) -> tuple[ChangeRequest, bool]:  # fmt: skip
    """Create, fill in and send a request for a hub; also return whether it is new. `typed`: its secrets. The same `uid`
    returns the same request in its current state. Raise Invalid with keys as in in_body (no request is created then),
    Conflict."""
    try:
        row = requests.begin(organization=organization, starting_point=starting_point, by=by, uid=uid)
    except Invalid as error:
        raise Invalid.beside("startingPoint", error.message) from error
    if row.organization_id != organization.pk or (uid and row.uid != uid):
        raise Conflict(_("This uid belongs to another request. Choose a new one."))
    if row.state != State.DRAFT:
        return row, False
    try:
        requests.save(request=row, by=by, values=to_draft(spec), slug=slug, reason=reason)
        secrets.keep(request=row, by=by, values=dict(typed or {}))
        return requests.submit(request=row, by=by), True
    except Invalid as error:
        raise Invalid(error.message, in_body(error.errors)) from error
