"""Staff's decisions on a submitted request. Moves are conditional UPDATEs; a concurrent move gets Conflict."""

from collections.abc import Mapping

from django.db import transaction

from hubs.days.services import days_wrong
from hubs.errors import Conflict
from hubs.language import _, within
from hubs.limits.queries import limits
from hubs.models import ChangeRequest, RequestReturn, User
from hubs.requests.queries.addresses import check_slug
from hubs.requests.rules import State, Who
from hubs.spec import FIELDS, HubSpec, to_draft
from hubs.spec.refusals import refusals
from hubs.text.sentences import paragraph
from hubs.text.texts import clean

from . import contributors, other_numbers, rebasing, releases
from .judged import check_place
from .moves import again, decided, move
from .requests import content_hash

APPROVED = ("draft", "spec_data", "asked_data", "content_hash", "base_revision")  # columns that an approval writes


def approve(
    *, request: ChangeRequest, by: User, seen: str, note: str = "", numbers: Mapping[str, str] | None = None
) -> ChangeRequest:
    """Approve exactly what staff have read (`seen` is its content hash), optionally with some numbers lowered
    (`numbers`: texts by path, see other_numbers). Raise Invalid by field; NotAllowed for people who made or edited it,
    by any account or token; Conflict if it was changed or decided, conflicts with the hub (then it is returned to the
    requester), or if no new hubs can be created in its cluster (then it stays submitted)."""
    contributors.check_decider(request, by)
    note = clean(note, "reason")
    with transaction.atomic():
        organization = limits.lock(request.organization)
        request.refresh_from_db()
        contributors.check_decider(request, by)  # it may have been edited since it was read
        if request.state == State.SUBMITTED and request.content_hash != seen:
            raise Conflict(again(request))
        stale = _refused(request)
        if not stale and (stale := _stale(request)) and request.kind == ChangeRequest.Kind.CHANGE:
            sent = request.spec
            stale = rebasing.bring_along(request) or _grown(request, sent)
        if stale:
            _give_back(request, Who.SYSTEM, None, stale)
        else:
            check_place(request, organization)
            differences = _lower(request, numbers or {})
            told = decided(by, note)
            told |= {name: getattr(request, name) for name in APPROVED}
            move(request, "approve", State.APPROVED, Who.STAFF, by=by, also=differences, **told)
            contributors.note(request, by, contributors.Step.DECIDE)
            releases.carry_out(request=request, by=by)
    if stale:
        raise Conflict(
            _("The request went back to {name}. {reason}", name=request.requester.display_name, reason=stale)
        )
    return request


def _lower(request: ChangeRequest, numbers: Mapping[str, str]) -> dict[str, list[str]]:
    """Adjust numbers of the request, in memory: the approval writes them in the same UPDATE. Return the differences
    from what was requested, in words by path. Raise Invalid by field."""
    if not numbers:
        return {}
    spec, differences = other_numbers.chosen(request, numbers)
    if differences:
        request.asked_data, request.spec_data = request.spec_data, spec.model_dump(mode="json")
        request.draft = {**request.draft, **to_draft(spec)}
        request.content_hash = content_hash(request)
    none = within("number", "none")
    return {one.path: [one.before or none, one.after or none] for one in differences}


def _refused(request: ChangeRequest) -> str:
    """Return what is no longer accepted, because rules have become stricter since it was sent; "" if nothing."""
    if request.state != State.SUBMITTED or request.kind == ChangeRequest.Kind.RETIRE or not request.spec_data:
        return ""
    wrong = refusals(request.spec_data)
    if not wrong and (spec := request.spec):
        wrong = [
            _("{label}: {problem}", label=FIELDS[path].words.label, problem=said)
            for path, said in days_wrong(request, spec).items()
        ]
    if not wrong:
        return ""
    return _("The request contains something that is no longer accepted. {problems}", problems=paragraph(wrong[:3]))


def _grown(request: ChangeRequest, sent: HubSpec | None) -> str:
    """Return which limits a change exceeds only together with the hub's newer configuration, which neither the reader
    of the change (`sent`) nor the approver of that configuration has seen. Example: 900 people, and meanwhile 2 GiB per
    person."""
    hub, together = request.hub, request.spec
    if hub is None or sent is None or together is None:
        return ""
    shared = limits.meters(together, request.organization, hub)
    read, has = (
        limits.judge(together, request.organization, hub.cluster, shared, one).findings for one in (sent, hub.spec)
    )
    more = limits.cost(together).memory_mib > limits.cost(sent).memory_mib
    both = [one for one in read if one in has and one.code != "policy"]
    found = [one.message for one in both if one.path or more]
    if not found:
        return ""
    return _(
        "The hub was changed in the meantime. Together with that change: {problems} "
        "Check the request and send it again.",
        problems=paragraph(found[:3]),
    )


def _stale(request: ChangeRequest) -> str:
    """Return why a submitted request is out of date, or ""."""
    if request.state != State.SUBMITTED:
        return ""
    if request.hub and request.hub.revision_id != request.base_revision_id:
        return _("The hub was changed in the meantime. Bring the request up to date and send it again.")
    if request.kind == ChangeRequest.Kind.CREATE and check_slug(request.slug, without=request):
        return _("The address is now taken. Choose another one and send the request again.")
    return ""


@transaction.atomic
def send_back(*, request: ChangeRequest, by: User, reason: str, seen: str | None = None) -> ChangeRequest:
    """Request changes from the requester. Raise Invalid without a reason, NotAllowed, Conflict. With `seen` (a content
    hash), only for what was read."""
    reason = _words(request, by, reason, seen, _("Enter what the requester needs to change."))
    _give_back(request, Who.STAFF, by, reason)
    contributors.note(request, by, contributors.Step.DECIDE)
    return request


@transaction.atomic
def reject(*, request: ChangeRequest, by: User, reason: str, seen: str | None = None) -> ChangeRequest:
    """Reject the request. Raise Invalid without a reason, NotAllowed, Conflict. With `seen`, only what was read."""
    reason = _words(request, by, reason, seen, _("Enter the reason for the rejection."))
    move(request, "reject", State.REJECTED, Who.STAFF, by=by, **decided(by, reason))
    contributors.note(request, by, contributors.Step.DECIDE)
    return request


def _words(request: ChangeRequest, by: User, reason: str, seen: str | None, needed: str) -> str:
    """Return the cleaned reason. Raise NotAllowed, Invalid without one (`needed`), Conflict if something else was
    read."""
    contributors.check_decider(request, by)
    reason = clean(reason, "reason", needed=needed)
    if seen is not None and request.state == State.SUBMITTED and request.content_hash != seen:
        raise Conflict(again(request))
    return reason


def _give_back(request: ChangeRequest, who: Who, by: User | None, reason: str) -> None:
    """Return it to the requester, and save the reason and contents, to compare the next version with."""
    move(request, "send_back", State.RETURNED, who, by=by, **decided(by, reason))
    spec, slug = request.spec_data, request.slug
    RequestReturn.objects.create(request=request, by=by, reason=reason, spec_data=spec, slug=slug)
