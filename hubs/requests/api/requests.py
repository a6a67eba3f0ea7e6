"""Requests: list, create, read and edit."""

import uuid
from contextlib import suppress
from functools import partial, reduce
from operator import or_
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import filters
from hubs.api.base import Endpoint, SignedIn, does, once, tag_of
from hubs.api.naming import renamed
from hubs.errors import DomainError, Invalid
from hubs.images.queries import registries as images
from hubs.language import _
from hubs.lists import reach
from hubs.lists.of_requests import RELATED, RequestFilters
from hubs.models import ChangeRequest, Scope
from hubs.requests.rules import State
from hubs.requests.services import requests as services
from hubs.requests.services import secrets, two_tabs
from hubs.requests.services.asking import ask, in_body
from hubs.spec import Draft, HubSpec, to_draft
from hubs.spec.hiding import hidden_in
from hubs.spec.secrets import REPLACED
from hubs.spec.trees import joined

from .said_specs import changed_spec, edited_draft, new_spec
from .shapes import RequestShort, RequestWhole

COLUMNS = {"createdAt": "created_at", "updatedAt": "updated_at", "submittedAt": "submitted_at", "title": "title"}
ORDERS = ("-createdAt", "createdAt", "updatedAt", "-updatedAt", "submittedAt", "-submittedAt", "title", "-title")
RequestParameters = filters.shape_of(RequestFilters, sort=filters.order(*ORDERS))


class NewRequest(serializers.Serializer):
    """Request a hub (with `slug`), or a change of one (with `hub`). The caller chooses `uid`: sending it twice gives
    the same request."""

    uid = serializers.UUIDField(required=False)
    organization = serializers.SlugField(max_length=40, required=False, help_text="Organisation of the new hub")
    startingPoint = serializers.SlugField(
        max_length=40, default="class",
        help_text="Starting point of a new hub: gives the answers that `spec` does not. Not used with `values`",
    )  # fmt: skip
    slug = serializers.CharField(max_length=60, required=False, help_text="The new hub's address")
    hub = serializers.CharField(max_length=20, required=False, help_text="uid of the hub to change")
    spec = serializers.DictField(
        required=False,
        help_text="HubSpec: see /api/v1/schema/hubspec/. What differs, field by field: from the starting point for "
        "a new hub, from the hub’s configuration for a change. Null, where it is not a value: the starting point’s",
    )
    values = serializers.DictField(
        required=False, help_text="Alternatively, values of Zero to JupyterHub, without secrets"
    )
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=secrets.LONGEST, trim_whitespace=False), required=False, default=dict,
        help_text="Secrets of the chosen sign-in method, by path in values; stored encrypted, never shown again",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    send = serializers.BooleanField(default=True, help_text="false saves it as a draft")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        wrong: dict[str, list[str]] = {}
        if ("spec" in data) == ("values" in data):
            wrong["spec"] = [_("Send either spec or values.")]
        if "hub" in data:
            wrong |= {name: [_("Not allowed for a change.")] for name in ("slug", "organization") if name in data}
        else:
            wrong |= {name: [_("Required for a new hub.")] for name in ("slug", "organization") if name not in data}
        if "hub" not in data and not data["send"] and "uid" in data:
            wrong["uid"] = [_("A uid can only be given if the request is sent immediately.")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return data


class EditRequest(serializers.Serializer):
    """What to change: part of a `spec`, or some fields of the draft as they are typed in the form."""

    slug = serializers.CharField(max_length=60, required=False)
    spec = serializers.DictField(
        required=False,
        help_text="HubSpec: what differs from the draft, field by field. Null, where it is not a value, means the "
        "starting point’s",
    )
    draft = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False,
        help_text="Field path to text, such as about.heads; wrong values are saved, and reported by the plan",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    seen = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False,
        help_text="Instead of If-Match: field path to text as you read it. Changes by others to other fields are "
        "kept; 409 if one of these fields has been changed",
    )  # fmt: skip

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "spec" in data and "draft" in data:
            raise serializers.ValidationError({"draft": [_("Send either spec or draft.")]})
        return data


def tag(row: ChangeRequest) -> str:
    return tag_of(str(row.uid), row.version)


def check_secrets(values: dict[str, str], spec: HubSpec) -> None:
    """Raise Invalid for secrets that neither a sign-in method nor the spec has a place for."""
    places = {joined(path) for _field, path in hidden_in(spec)}
    if strange := set(values) - {one.path for one in secrets.ASKED} - places:
        sentence = _("No sign-in method needs this, and the spec does not have “{mark}” there.", mark=REPLACED)
        raise Invalid(sentence, {f"secrets.{path}": [sentence] for path in strange})


def sent_or_draft(request: SignedIn, row: ChangeRequest, *, send: bool) -> ChangeRequest:
    """Send the request if asked to, and return its current state."""
    if send and row.state in (State.DRAFT, State.RETURNED):
        with renamed(in_body):
            services.submit(request=row, by=request.user)
    return access.request(request.user, row.uid)


class Requests(Endpoint):
    @does(Scope.READ, pages=RequestShort, parameters=[RequestParameters])
    def get(self, request: SignedIn) -> Response:
        """Requests that you can see, newest first. Sorting by submittedAt leaves out those that were never sent."""
        asked = filters.chosen(request, RequestParameters)
        seen = reduce(or_, reach.of_requests(request.user))
        rows = ChangeRequest.objects.filter(seen).select_related(*RELATED, "requester", "hub")
        rows = filters.narrowed(request, RequestFilters, asked, rows)
        if asked["sort"].endswith("submittedAt"):  # a cursor needs a time to continue from
            rows = rows.exclude(submitted_at=None)
        return self.paginated(rows, RequestShort, *filters.sorting(asked["sort"], COLUMNS))

    @does(Scope.REQUEST, reads=NewRequest, gives={201: RequestWhole, 200: RequestWhole})
    def post(self, request: SignedIn) -> Response:
        """Create a request, and send it unless `send` is false. 201 if it is new, 200 if this uid was sent before."""
        said = self.read(NewRequest)
        if said["send"]:
            self._ask_registries(request, said)
        return self._begin(request, said)

    def _ask_registries(self, request: SignedIn, said: dict[str, Any]) -> None:
        """Before the request is assessed, and outside its transaction. Errors are reported by the request itself, or by
        the stored response of its first attempt."""
        with suppress(DomainError, Http404):
            if "hub" in said:
                hub = access.hub(request.user, said["hub"], Permission.OPERATE)
                images.ask_first(hub.organization, hub.cluster, request.user, changed_spec(said, hub))
            else:
                place = access.organization(request.user, said["organization"], Permission.REQUEST)
                images.ask_first(place, place.cluster, request.user, new_spec(said, place))

    @once
    def _begin(self, request: SignedIn, said: dict[str, Any]) -> Response:
        if "hub" in said:
            return self._change(request, said)
        place = access.organization(request.user, said["organization"], Permission.REQUEST)
        spec = new_spec(said, place)
        check_secrets(said["secrets"], spec)
        if not said["send"]:
            row = services.begin(organization=place, starting_point=said["startingPoint"], by=request.user)
            return self._draft(request, row, said, values=to_draft(spec), slug=said["slug"])
        row, new = ask(
            organization=place,
            by=request.user,
            starting_point=said["startingPoint"],
            slug=said["slug"],
            spec=spec,
            reason=said["reason"],
            uid=said.get("uid"),
            typed=said["secrets"],
        )
        row = access.request(request.user, row.uid)
        return self.one(row, RequestWhole, status=201 if new else 200, tag=tag(row))

    def _change(self, request: SignedIn, said: dict[str, Any]) -> Response:
        hub = access.hub(request.user, said["hub"], Permission.OPERATE)
        spec = changed_spec(said, hub)
        check_secrets(said["secrets"], spec)
        row = services.begin_change(hub=hub, by=request.user, values=to_draft(spec))
        return self._draft(request, row, said)

    def _draft(
        self, request: SignedIn, row: ChangeRequest, said: dict[str, Any], *, values: Draft | None = None,
        slug: str | None = None,
    ) -> Response:  # fmt: skip
        with renamed(in_body):
            services.save(request=row, by=request.user, values=values or {}, slug=slug, reason=said["reason"])
            secrets.keep(request=row, by=request.user, values=said["secrets"])
        row = sent_or_draft(request, row, send=said["send"])
        return self.one(row, RequestWhole, status=201, tag=tag(row))


class OneRequest(Endpoint):
    @does(Scope.READ, gives=RequestWhole, tag=tag)
    def get(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Its status, what it requests, and what the policy found."""
        return access.request(request.user, uid)

    @does(Scope.REQUEST, reads=EditRequest, gives=RequestWhole, tag=tag)
    def patch(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Edit a draft, or a returned request. Requires If-Match, or `seen` for the fields that you change."""
        row = access.request(request.user, uid, Permission.OPERATE)
        said = self.read(EditRequest)
        values = edited_draft(said, row)
        typed = {*values, *(name for name in two_tabs.BESIDE if name in said)}
        self.check_match(tag(row), needed=not typed <= set(said.get("seen", {})))
        seen = {path: two_tabs.mark(path, text) for path, text in said.get("seen", {}).items()}
        beside = {name: said.get(name) for name in two_tabs.BESIDE}
        with renamed(partial(in_body, place="draft" if "draft" in said else "spec")):
            two_tabs.save(request=row, by=request.user, values=values, seen=seen, whole=True, **beside)
        return access.request(request.user, uid)
