"""The author's side of a change request: start, save, send, recall. Staff's decisions are in `decisions`. Moves are
conditional UPDATEs; if two people act at once, one gets Conflict."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from hubs.audit.services import audit
from hubs.database import unless_taken
from hubs.errors import Conflict, Invalid
from hubs.language import _, number
from hubs.limits.queries import limits
from hubs.live import channel as live
from hubs.models import ChangeRequest, Hub, Organization, RequestComment, StartingPoint, StartingPointVersion, User
from hubs.requests.rules import EDITABLE, WORD, State, Who, sources
from hubs.spec import FIELDS, Draft, HubSpec, difference, to_draft
from hubs.spec.content import left_behind
from hubs.spec.diff import MANY
from hubs.spec.hiding import hide
from hubs.spec.profile_order import orders
from hubs.spec.secrets import holds_secret
from hubs.spec.trees import get, joined
from hubs.text.reasons import check_reason
from hubs.text.texts import check_typed, clean

from . import contributors, judged, releases, secrets
from .moves import UNDECIDED, decided, move

MOST_DRAFTS = 100  # per person


def content_hash(request: ChangeRequest) -> str:
    """Return the hash that an approval refers to: SHA-256 of everything that would be applied."""
    content = [request.kind, request.organization_id, request.slug, request.spec_data, request.base_revision_id]
    content += orders(get(request.spec_data, ("singleuser", "profileList")))
    content += [[path, str(at)] for path, at in request.secrets.order_by("path").values_list("path", "set_at")]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def check_drafts(by: User) -> None:
    """Raise Conflict for a person with too many drafts."""
    if ChangeRequest.objects.filter(requester=by, state=State.DRAFT).count() >= MOST_DRAFTS:
        raise Conflict(_("You have {count} drafts. Send or discard some of them first.", count=number(MOST_DRAFTS)))


def starting_point_of(organization: Organization, slug: str) -> StartingPointVersion:
    """Return what a new hub of this organisation starts with. Raise Invalid. One query."""
    point = (
        StartingPoint.objects.all()
        .offered_in([organization])
        .select_related("version__point")
        .filter(slug=slug)
        .first()
    )
    if point is None or point.version is None:
        raise Invalid.beside("starting_point", _("Choose one of this organisation’s starting points."))
    point.version.point = point
    return point.version


@transaction.atomic
def begin(*, organization: Organization, starting_point: str, by: User, uid: uuid.UUID | None = None) -> ChangeRequest:
    """Create a draft of a new hub. The same `uid` twice (a double click) gives the same draft. Raise Invalid, and
    Conflict for a person with too many drafts."""
    version = starting_point_of(organization, starting_point)
    existing = ChangeRequest.objects.filter(uid=uid).first() if uid else None  # one query: two could disagree
    if existing and existing.requester_id == by.pk:
        return existing
    if existing:
        uid = None
    check_drafts(by)
    try:
        with transaction.atomic():
            request = ChangeRequest.objects.create(
                uid=uid or uuid.uuid4(),
                organization=organization,
                kind=ChangeRequest.Kind.CREATE,
                requester=by,
                starting_point=starting_point,
                starting_version=version,
                draft=version.start(),
            )
    except IntegrityError:  # the other request of a double click was faster
        if uid is None:
            raise
        return ChangeRequest.objects.get(uid=uid, requester=by)
    contributors.note(request, by, contributors.Step.START)
    subject = _("a new hub ({starting_point})", starting_point=version.point.name)
    audit.record("request.start", by=by, subject=subject, request=request)
    return request


@transaction.atomic
def begin_change(*, hub: Hub, by: User, values: Draft | None = None, reason: str = "") -> ChangeRequest:
    """Create a draft of a change of this hub, or return the person's open one, even if the hub has changed since (see
    judged.check_base). Without `values`, lists show it as soon as something is entered. Raise Conflict for a retired
    hub."""
    if hub.is_retired:
        raise Conflict(_("This hub is retired. It can no longer be changed."))
    open_one = hub.requests.filter(requester=by, state__in=EDITABLE, kind="change").first()
    if open_one and values is None:
        if open_one.base_revision_id != hub.revision_id:  # nothing was entered: it begins with the hub as it is now
            untouched = ChangeRequest.objects.filter(ChangeRequest.objects.all().only_opened(), pk=open_one.pk)
            untouched.update(base_revision=hub.revision, draft=to_draft(hub.spec), title=hub.title)
            open_one.refresh_from_db()
        return open_one
    typed, hidden = hide(values or {})
    request = ChangeRequest.objects.create(
        organization=hub.organization,
        hub=hub,
        kind=ChangeRequest.Kind.CHANGE,
        requester=by,
        title=hub.title,
        slug=hub.slug,
        base_revision=hub.revision,
        draft={**to_draft(hub.spec), **typed},
        version=0 if values is None else 1,
        reason=clean(reason, "reason"),
    )
    secrets.keep(request=request, by=by, values={joined(path): text for path, text in hidden.items()})
    contributors.note(request, by, contributors.Step.START)
    subject = _("a change of {hub}", hub=hub.title)
    audit.record("request.start", by=by, subject=subject, request=request, hub=hub)
    return request


def no_such_fields(paths: Iterable[str]) -> Invalid:
    """Return the error for fields that do not exist."""
    words = _("There is no such field.")
    return Invalid(words, {path: [words] for path in paths})


@transaction.atomic
def save(
    *, request: ChangeRequest, by: User, values: Draft, slug: str | None = None, reason: str | None = None
) -> ChangeRequest:
    """Save what was typed, right or wrong. Raise Conflict if it can no longer be edited, Invalid for unknown fields.

    Drafts are private and saved automatically, so only edits of what others have seen are recorded in the audit.
    """
    if unknown := set(values) - set(FIELDS):
        raise no_such_fields(unknown)
    typed, hidden = hide(values)
    if slug is not None and request.kind == ChangeRequest.Kind.CREATE:
        typed["slug"] = slug.strip().lower()
    check_typed(typed)
    if reason is not None:
        reason = clean(reason, "reason")
    # Two tabs may save different steps at once: use the row as it is now.
    now_is = ChangeRequest.objects.select_for_update().get(pk=request.pk)
    typed = left_behind(now_is.draft, typed) | typed
    edited = {k: [now_is.draft.get(k, ""), v] for k, v in typed.items() if now_is.draft.get(k, "") != v}
    if hidden:
        secrets.keep(request=now_is, by=by, values={joined(path): text for path, text in hidden.items()})
    if not edited and reason in (None, now_is.reason) and now_is.state in EDITABLE:
        request.refresh_from_db()
        return request
    draft = {**now_is.draft, **typed}
    saved = ChangeRequest.objects.filter(pk=request.pk, state__in=EDITABLE).update(
        draft=draft,
        title=draft.get("about.title", "")[:100].strip(),
        reason=now_is.reason if reason is None else reason,
        updated_at=timezone.now(),
        version=F("version") + 1,
    )
    if not saved:
        raise Conflict(_("This request has been sent, so it can no longer be edited. Recall it first."))
    contributors.note(request, by, contributors.Step.SAVE)
    if request.state == State.RETURNED:
        changes = {path: _told(path, pair) for path, pair in edited.items()}
        audit.record("request.save", by=by, subject=request.name, request=request, changes=changes)
    request.refresh_from_db()
    return request


def _told(path: str, pair: list[str]) -> list[str]:
    """Wrong answers in a draft may contain secrets, such as a password in a URL."""
    many = path in FIELDS and FIELDS[path].kind in MANY
    return ["", _("edited")] if many or any(map(holds_secret, pair)) else pair


@transaction.atomic
def submit(*, request: ChangeRequest, by: User, own_limits: bool = False) -> ChangeRequest:
    """Send the request. Routine requests are approved automatically; others wait for staff.

    `own_limits`: an organisation's admin adjusts user limits within staff's limits, which needs no review again. Raise
    Invalid (by field; "reason" if it needs review and has none), Conflict.
    """
    organization = limits.lock(request.organization)
    now_is = ChangeRequest.objects.values_list("state", flat=True).get(pk=request.pk)
    if now_is not in sources("submit", Who.AUTHOR):  # a double click: before its own address is reported as taken
        status = WORD[State(now_is)]
        raise Conflict(_("This request is already {status}. Nothing was changed.", status=status))
    if request.hub:
        request.hub.refresh_from_db()
    judged.check_base(request)
    judged.check_place(request, organization)
    spec = judged.proposed(request)
    before = request.hub.spec if request.hub else None
    if before and not difference(before, spec) and not secrets.changed(request):
        raise Invalid(_("Nothing would change. Change something first."))
    found = secrets.assess(request, spec, organization, before)
    routine = found.routine or (own_limits and {f.code for f in found.findings} == {"policy"})
    if not routine:
        check_reason(request.reason)
    _send(request, by, spec, {**found.as_data(), "routine": routine})
    contributors.note(request, by, contributors.Step.SUBMIT)
    if routine:
        why = _("Within the organisation’s limits, so approved automatically.")
        move(request, "approve", State.APPROVED, Who.POLICY, by=None, **decided(words=why))
        releases.carry_out(request=request, by=by)
    return request


def _send(request: ChangeRequest, by: User, spec: HubSpec, policy: dict[str, Any]) -> None:
    """Move the request, with everything that is decided on. Raise Invalid if the address was taken in the meantime."""
    request.slug = request.draft.get("slug", request.slug)
    request.spec_data = spec.model_dump(mode="json")
    columns = {"slug": request.slug, "spec_data": request.spec_data, "title": spec.about.title, "policy": policy}
    columns |= {"content_hash": content_hash(request), "submitted_at": timezone.now(), **UNDECIDED}
    with unless_taken(Invalid.beside("slug", _("This address is taken. Choose another one."))):
        move(request, "submit", State.SUBMITTED, Who.AUTHOR, by=by, **columns)


@transaction.atomic
def take_back(*, request: ChangeRequest, by: User) -> ChangeRequest:
    """Turn it into a draft again; staff can't decide on what they may be reading. Raise Conflict if it was decided."""
    move(request, "take_back", State.DRAFT, Who.AUTHOR, by=by, content_hash="")
    return request


@transaction.atomic
def withdraw(*, request: ChangeRequest, by: User | None) -> ChangeRequest:
    """The requester no longer wants it, or is no longer a member. Raise Conflict if it was decided."""
    move(request, "withdraw", State.WITHDRAWN, Who.AUTHOR, by=by, **decided())
    return request


@transaction.atomic
def comment(*, request: ChangeRequest, by: User, text: str, internal: bool = False) -> RequestComment:
    """Comment on a request; internal comments are by staff, for staff. Raise Invalid for an empty text."""
    text = clean(text, "text", needed=_("Enter a comment."))
    internal = internal and by.is_staff
    row = RequestComment.objects.create(request=request, author=by, text=text, internal=internal)
    if not internal:  # organisations read their audit; internal comments must not appear there
        audit.record("request.comment", by=by, subject=request.name, request=request)
    live.changed_on_commit(request=request)
    return row
