"""Requests: find them, ask, read and edit."""

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
from hubs.lists import reach
from hubs.lists.of_requests import RequestFilters
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
    """Ask for a hub (with `slug`), or for a change of one (with `hub`). `uid` is the caller's: the same one twice is
    the same request."""

    uid = serializers.UUIDField(required=False)
    organization = serializers.SlugField(max_length=40, required=False, help_text="Where the new hub belongs")
    startingPoint = serializers.SlugField(
        max_length=40, default="class",
        help_text="What a new hub begins with: what `spec` does not say is as it answers. `values` say everything",
    )  # fmt: skip
    slug = serializers.CharField(max_length=60, required=False, help_text="The new hub's address")
    hub = serializers.CharField(max_length=20, required=False, help_text="uid of the hub to change")
    spec = serializers.DictField(
        required=False,
        help_text="HubSpec: see /api/v1/schema/hubspec/. What differs, field by field: of a new hub from its starting "
        "point, of a change from what the hub has. Null, where it is no answer, is the starting point’s",
    )
    values = serializers.DictField(required=False, help_text="Or values of Zero to JupyterHub; without secrets")
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=secrets.LONGEST, trim_whitespace=False), required=False, default=dict,
        help_text="What the chosen way to sign in needs, by path in values; kept encrypted, never shown again",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    send = serializers.BooleanField(default=True, help_text="false keeps it as a draft")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        wrong: dict[str, list[str]] = {}
        if ("spec" in data) == ("values" in data):
            wrong["spec"] = ["Send either spec or values."]
        if "hub" in data:
            wrong |= {name: ["A change has none of its own."] for name in ("slug", "organization") if name in data}
        else:
            wrong |= {name: ["A new hub needs this."] for name in ("slug", "organization") if name not in data}
        if "hub" not in data and not data["send"] and "uid" in data:
            wrong["uid"] = ["Only what is sent at once can have a uid of the caller’s."]
        if wrong:
            raise serializers.ValidationError(wrong)
        return data


class EditRequest(serializers.Serializer):
    """What differs: a piece of a `spec`, or some fields of the draft as they are typed in the form."""

    slug = serializers.CharField(max_length=60, required=False)
    spec = serializers.DictField(
        required=False,
        help_text="HubSpec: what differs from the draft, field by field. Null, where it is no answer, is the starting "
        "point’s",
    )
    draft = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False,
        help_text="Field path to text, such as about.heads; what is wrong is kept, and the plan says so",
    )  # fmt: skip
    reason = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    seen = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), required=False,
        help_text="Instead of If-Match: field path to text as it was when you read it. What others changed in other "
        "fields stays; 409 where somebody changed one of these",
    )  # fmt: skip

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "spec" in data and "draft" in data:
            raise serializers.ValidationError({"draft": ["Send either spec or draft."]})
        return data


def tag(row: ChangeRequest) -> str:
    return tag_of(str(row.uid), row.version)


def check_secrets(values: dict[str, str], spec: HubSpec) -> None:
    """Raises Invalid for what neither a way to sign in asks for nor the spec has a place for."""
    places = {joined(path) for _, path in hidden_in(spec)}
    if strange := set(values) - {one.path for one in secrets.ASKED} - places:
        sentence = f"No way to sign in needs this, and the spec does not say “{REPLACED}” there."
        raise Invalid(sentence, {f"secrets.{path}": [sentence] for path in strange})


def sent_or_draft(request: SignedIn, row: ChangeRequest, *, send: bool) -> ChangeRequest:
    """Send it if asked to. Returns it as it is then."""
    if send and row.state in (State.DRAFT, State.RETURNED):
        with renamed(in_body):
            services.submit(request=row, by=request.user)
    return access.request(request.user, row.uid)


class Requests(Endpoint):
    @does(Scope.READ, pages=RequestShort, parameters=[RequestParameters])
    def get(self, request: SignedIn) -> Response:
        """Requests that one may see, newest first. Sorted by submittedAt those that were never sent are left out."""
        asked = filters.chosen(request, RequestParameters)
        seen = reduce(or_, reach.of_requests(request.user))
        rows = ChangeRequest.objects.filter(seen).select_related("organization", "requester", "hub")
        rows = filters.narrowed(request, RequestFilters, asked, rows)
        if asked["sort"].endswith("submittedAt"):  # a cursor needs a moment to go on from
            rows = rows.exclude(submitted_at=None)
        return self.paginated(rows, RequestShort, *filters.sorting(asked["sort"], COLUMNS))

    @does(Scope.REQUEST, reads=NewRequest, gives={201: RequestWhole, 200: RequestWhole})
    def post(self, request: SignedIn) -> Response:
        """Ask, and send it unless `send` is false. 201 when it is new, 200 when this uid has been sent before."""
        said = self.read(NewRequest)
        if said["send"]:
            self._ask_registries(request, said)
        return self._begin(request, said)

    def _ask_registries(self, request: SignedIn, said: dict[str, Any]) -> None:
        """Before it is judged, and outside its transaction. What is wrong is said by the request itself, or by the
        answer that is kept of its first try."""
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
        """Where it stands, what it asks for, what the policy found."""
        return access.request(request.user, uid)

    @does(Scope.REQUEST, reads=EditRequest, gives=RequestWhole, tag=tag)
    def patch(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Edit a draft, or one that was returned. Needs If-Match, or `seen` of the fields that it changes."""
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
