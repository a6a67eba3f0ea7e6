"""What a request would do: in words, in the cluster, to its images, and how it conflicts with other changes."""

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.clusters import queries as operations
from hubs.images.queries import registries as images
from hubs.language import _
from hubs.models import ChangeRequest, Scope
from hubs.requests.forms.answers import label_of
from hubs.requests.forms.forecast import Forecast
from hubs.requests.forms.proposal import Proposal, files_after, images_of, proposal
from hubs.requests.rules import EDITABLE, OPEN, State
from hubs.requests.services import rebasing
from hubs.requests.services.asking import in_body
from hubs.spec import FIELDS, Difference, difference

from .requests import tag
from .shapes import RequestWhole


class ConsequenceShape(shapes.Shape):
    tone = serializers.CharField(help_text="neutral or warning")
    title = serializers.CharField()
    text = serializers.CharField()


class PlannedMeter(shapes.Shape):
    """One limit that the organisation's hubs share."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    used = serializers.IntegerField(help_text="Reserved for its hubs on `day`, including user limits")
    adds = serializers.IntegerField(help_text="Added by this request; can be negative")
    limit = serializers.IntegerField(help_text="The organisation’s limit")
    day = serializers.DateField(
        allow_null=True, help_text="The day with the least remaining, if it is later; null for today"
    )


class WillHappen(shapes.Shape):
    """What the request would do, as shown on its page."""

    routine = serializers.BooleanField(help_text="True if no review is needed; false while something is wrong")
    findings = serializers.ListField(child=serializers.CharField(), help_text="Why the request needs review")
    address = serializers.CharField(help_text="The hub’s address, as far as it is known")
    differences = shapes.DifferenceShape(many=True)
    consequences = ConsequenceShape(many=True)
    cost = shapes.CostShape(
        allow_null=True, help_text="Per month after the change; null if staff have entered no prices"
    )
    costBefore = serializers.CharField(help_text="Per month before the change, if it differs")
    limits = PlannedMeter(many=True)
    stale = serializers.CharField(help_text="Why it can’t be sent: the hub has been changed; use rebase")
    blocked = serializers.CharField(help_text="Why no new hub can be created there at the moment")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong with it, by field"
    )


def _said(seen: Proposal) -> list[Difference]:
    """What a new hub requests. For a draft, answers that its spec lacks are shown as typed."""
    unread = seen.forecast.unread() if seen.forecast else {}
    read = [one for one in difference(None, seen.spec) if one.path not in unread]
    return [*read, *(Difference(path, label_of(path), "", words) for path, words in unread.items())]


def _told(row: ChangeRequest, seen: Proposal) -> dict[str, Any]:
    retires = row.kind == ChangeRequest.Kind.RETIRE
    ends = {"tone": "warning", "title": _("The hub is retired permanently"), "text": files_after(row)}
    happens, is_open = seen.happens, row.state in OPEN and not retires
    return {
        "routine": (not seen.findings and not seen.errors) if is_open else bool(row.policy.get("routine")),
        "findings": seen.findings if is_open else row.policy.get("findings", []),
        "address": seen.address,
        "differences": seen.differences if seen.before or retires else _said(seen),
        "consequences": [ends] if retires else happens.consequences if happens else [],
        "cost": happens.cost if happens else None,
        "costBefore": happens.cost_before if happens else "",
        "limits": seen.meters,
        "stale": seen.forecast.stale if seen.forecast else "",
        "blocked": seen.forecast.no_place if seen.forecast else "",
        "errors": in_body(seen.errors),
    }


class Plan(Endpoint):
    @does(Scope.READ, gives=WillHappen)
    def get(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """What will happen: differences, consequences, costs, limits, and whether it needs review. For a decided
        request: what the policy found then."""
        row = access.request(request.user, uid)
        return self.one(_told(row, proposal(row, request.user)), WillHappen, tag=tag(row))


class PlannedChange(shapes.Shape):
    path = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()

    def to_representation(self, instance: tuple[str, str, str]) -> dict[str, str]:
        return dict(zip(("path", "before", "after"), instance, strict=True))


class PlannedShape(shapes.Shape):
    part = serializers.CharField(help_text="files, proxy, hub or address")
    kind = serializers.CharField()
    name = serializers.CharField()
    action = serializers.ChoiceField(["create", "change", "delete"])
    changes = PlannedChange(many=True)


class DryRun(Endpoint):
    @does(Scope.APPROVE, lists=PlannedShape)
    def get(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Staff: what approving would do to each object in the cluster, according to the API server. Empty if the
        request is not waiting for a decision, and on a local cluster."""
        row = access.request(request.user, uid, Permission.AGREE)
        planned = operations.plan(row) if row.state == State.SUBMITTED else ()
        return list(planned)


class ImageReport(shapes.Shape):
    image = serializers.CharField()
    code = serializers.CharField(
        help_text="found, no-tag, no-image, private, refused, forbidden, away, no-name, braked"
    )
    message = serializers.CharField(help_text="A sentence, if it was not found")
    digest = serializers.CharField()
    bytes = serializers.IntegerField(source="size", help_text="Download size for one node")
    created = serializers.DateTimeField(allow_null=True)
    moving = serializers.BooleanField(help_text="The tag may be moved to another image")
    onlyFor = serializers.CharField(source="only_for", help_text="The image’s platform, if it is not linux/amd64")
    similar = serializers.ListField(child=serializers.CharField(), help_text="Similar tags that exist")


class Images(Endpoint):
    @does(Scope.READ, lists=ImageReport)
    def get(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Whether each image it names exists in its registry. Empty where hubs don’t pull images."""
        row = access.request(request.user, uid)
        named = images_of(row, request.user) if images.matter(row) else []
        return images.look(row.organization, request.user, named)


class ClashShape(shapes.Shape):
    """One field with different answers in two changes, in words."""

    path = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    was = serializers.CharField(help_text="When the request was started")
    theirs = serializers.CharField(help_text="In the hub now")
    mine = serializers.CharField(help_text="In the request")


class Clashes(Endpoint):
    @does(Scope.READ, lists=ClashShape)
    def get(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Fields where this change and the hub’s current configuration conflict. Empty if it can’t be edited."""
        row = access.request(request.user, uid)
        return Forecast(row).clashes if row.state in EDITABLE else []


class Rebasing(serializers.Serializer):
    theirs = serializers.ListField(
        child=serializers.ChoiceField(list(FIELDS)), required=False, default=list, max_length=len(FIELDS),
        help_text="Paths of fields for which to keep the hub’s answer",
    )  # fmt: skip


class RebasedShape(shapes.Shape):
    check = serializers.ListField(child=serializers.CharField(), help_text="Labels of fields that both changed, and "
                                  "where the request’s answer was kept")  # fmt: skip
    request = RequestWhole()


class Rebase(Endpoint):
    @does(Scope.REQUEST, reads=Rebasing, gives=RebasedShape)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Bring a change up to date with the hub: the request’s own changes stay, everything else follows the hub."""
        row = access.request(request.user, uid, Permission.OPERATE)
        self.check_match(tag(row), needed=False)
        both = rebasing.rebase(request=row, by=request.user, **self.read(Rebasing))
        row = access.request(request.user, uid)
        return self.one({"check": both, "request": row}, RebasedShape, tag=tag(row))
