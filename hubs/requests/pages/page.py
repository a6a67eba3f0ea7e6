"""The contents of a request's page, by role. Shared by the views that render it."""

from typing import Any
from uuid import UUID

from django.db.models import Count, F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.days.queries import today
from hubs.language import _, lazy, number, plural
from hubs.limits.queries.meters import Meter
from hubs.live import channel as live
from hubs.looks import REQUEST
from hubs.models import AuditEvent, ChangeRequest, RequestContributor, User
from hubs.requests.forms.answers import since_returned
from hubs.requests.forms.decisions import NumbersForm, message_form, total
from hubs.requests.forms.forecast import Forecast
from hubs.requests.forms.proposal import Proposal, files_after, proposal
from hubs.requests.forms.requests import CommentForm
from hubs.requests.queries.outcome import awaited, meaning, on_approval, room
from hubs.requests.rules import EDITABLE, OPEN, State
from hubs.requests.services.other_numbers import offered
from hubs.spec import HubSpec, difference
from hubs.spec.diff import gib_text

from .deciding import following

Step = RequestContributor.Step
FRAGMENTS = ("state", "talk")
EARLIER = ("uid", "title", "starting_point", "state", "created_at", "decided_at")  # columns of requests in the history
KEPT = {
    True: lazy("The hub stays as it is. Your answers stay readable here."),
    False: lazy("Your answers stay readable here. The address becomes available to others."),
}
# How many of a person's other requests are in this state.
RESULTS = {
    State.DRAFT: lazy("{count} draft"),
    State.SUBMITTED: lazy("{count} waiting for review"),
    State.RETURNED: lazy("{count} changes requested"),
    State.APPROVED: lazy("{count} approved"),
    State.REJECTED: lazy("{count} rejected"),
    State.WITHDRAWN: lazy("{count} withdrawn"),
    State.SUPERSEDED: lazy("{count} superseded"),
}
# What someone did to a request, after their name.
DID = {
    Step.START: lazy("started it"),
    Step.SAVE: lazy("edited it"),
    Step.SECRET: lazy("set a secret"),
    Step.SUBMIT: lazy("submitted it"),
    Step.TAKE_OVER: lazy("took it over"),
    Step.DECIDE: lazy("decided on it"),
}


def confirm_word(row: ChangeRequest) -> str:
    """Return what to type to withdraw a request that was sent: its address, if it has one. "" for a draft."""
    return "" if row.state == State.DRAFT else row.slug or _("withdraw")


def _whose_turn(row: ChangeRequest, user: User) -> str:
    """Return for whom the request is waiting, as a sentence; "" if it has ended."""
    mine = row.requester_id == user.pk
    if row.state in EDITABLE:
        name = row.requester.display_name
        return _("Waiting for you") if mine else _("Waiting for {name}", name=name)
    if row.state != State.SUBMITTED:
        return ""
    if not user.is_staff:
        return _("Waiting for staff")
    return _("Waiting for a colleague") if mine else _("Waiting for you (staff)")


def _proposal(row: ChangeRequest, user: User, forecast: Forecast | None) -> dict[str, Any]:
    """What the request contains, for the page's template."""
    seen = proposal(row, user, forecast)
    found: dict[str, Any] = {"spec": seen.spec, "answers": seen.answers, "address": seen.address}
    found["problems"] = seen.forecast.problems if seen.forecast else []
    if seen.before:
        found["differences"] = seen.differences
    found["settings"] = sum(len(section.usual) for section in seen.answers)
    if seen.happens:
        found |= {"happens": seen.happens, "meters": seen.meters, "reviewed": seen.reviewed}
    found |= _findings(row, seen)
    if row.state == State.SUBMITTED:
        day = today(timezone.now(), row.organization)
        found |= {"awaited": awaited(row, seen.spec, day), "on_approval": on_approval(row, seen.spec, day)}
    if row.kind != ChangeRequest.Kind.RETIRE:
        found["most_memory"] = _most_memory(seen.spec)
    return found


def _findings(row: ChangeRequest, seen: Proposal) -> dict[str, Any]:
    """Why a request needs review: as it would be assessed now while it waits, else as it was when it was sent. `others`
    are those that the table of numbers does not show."""
    if row.state != State.SUBMITTED or row.kind == ChangeRequest.Kind.RETIRE:
        return {"findings": row.policy.get("findings", []) if row.submitted_at else []}
    others = [one.message for one in seen.assessment.findings if not one.excess]
    return {"findings": seen.findings, "other_findings": others, "fits": not seen.findings}


def _most_memory(spec: HubSpec) -> str:
    """Return the memory of all servers together, and how it is calculated."""
    people, each = spec.seats, spec.memory_mib
    return f"{gib_text(people * each)} ({plural('{count} person', '{count} people', people)} × {gib_text(each)})"


def _requester_history(row: ChangeRequest) -> dict[str, Any]:
    """For staff: this person's earlier requests and their results. One query, or two."""
    sent = ChangeRequest.objects.filter(requester=row.requester).exclude(submitted_at=None).exclude(pk=row.pk)
    by_state = dict(sent.order_by().values_list("state").annotate(found=Count("pk")))
    total = sum(by_state.values())
    results = [str(RESULTS[one]).format(count=number(by_state[one])) for one in State if one in by_state]
    decided = sent.exclude(decided_by=None).only(*EARLIER).order_by("-decided_at")
    return {"total": total, "results": results, "decisions": list(decided[:3]) if total else []}


def _decided(row: ChangeRequest) -> dict[str, Any]:
    """How to show the last decision; {} while the request is with staff."""
    if row.state == State.SUBMITTED:
        return {}
    tone = REQUEST[row.state].tone
    who = ""
    if row.decided_by:
        name = row.decided_by.display_name
        who = _("{name} wrote", name=name) if row.decision else _("Decided by {name}", name=name)
    return {"decided": bool(row.decided_at), "decider": who, "decision_tone": "neutral" if tone == "off" else tone}


def _state(row: ChangeRequest, user: User, may: frozenset[Permission], forecast: Forecast | None) -> dict[str, Any]:
    operates = Permission.OPERATE in may
    return {
        "turn": _whose_turn(row, user),
        "meaning": meaning(row, user),
        "stale": forecast.stale if forecast else "",
        "clashes": forecast.clashes if forecast and operates else [],
        "may_edit": operates and row.state in EDITABLE and row.kind != ChangeRequest.Kind.RETIRE,
        "may_take_back": operates and row.state == State.SUBMITTED,
        "may_withdraw": operates and row.state in OPEN,
        "never_sent": row.submitted_at is None,
        "ended": row.state not in OPEN and row.state != State.APPROVED,
        "may_decide": Permission.AGREE in may and row.state == State.SUBMITTED,
        "followed": row.state == State.APPROVED,
        **_decided(row),
        "own": user.is_staff and row.state == State.SUBMITTED and Permission.AGREE not in may,
        "confirm_word": confirm_word(row),
        "confirm_kept": KEPT[row.hub_id is not None],
        "withdraw_url": reverse("request-withdraw", args=[row.uid]),
    }


def _talk(row: ChangeRequest, user: User) -> dict[str, Any]:
    comments = row.comments.select_related("author")
    if not user.is_staff:
        comments = comments.filter(internal=False)
    lines = AuditEvent.objects.all().of_request(row)
    programs = row.contributors.exclude(account=F("person__username"), token="").select_related("person")
    return {
        "behind": [(one, DID[Step(one.step)]) for one in programs[:50]] if user.is_staff else (),
        "comments": comments,
        "lines": [(line, _told(line)) for line in lines.order_by("at", "pk")[:100]],
    }


def _told(line: AuditEvent) -> SafeString:
    """Return who did what, with its object if that is not the request or its hub."""
    subject = line.subject if line.verb == "request.secret" else ""
    told = line.told_html(format_html("<strong>{}</strong>", line.actor_name), subject)
    return SafeString(" ".join(told.split()))


def _decision(
    request: SignedIn, row: ChangeRequest, extra: dict[str, Any], meters: tuple[Meter, ...]
) -> dict[str, Any]:
    """What staff need for a decision. `meters`: those of the request as it was sent."""
    place = row.place
    waiting = row.hub.requests.waiting().exclude(pk=row.pk).select_related("requester") if row.hub else ()
    numbers = extra.get("numbers_form") or NumbersForm(offered(row))
    return {
        "can": place.can,
        "room": room(place),
        "history": _requester_history(row),
        "hub_history": _hub_history(row),
        "others": list(waiting[:5]),
        "decide_form": message_form(),
        "numbers_form": numbers,
        "total": total(row, numbers, meters),
        **following(request, row),
    }


def _hub_history(row: ChangeRequest) -> list[ChangeRequest]:
    """Earlier decisions of staff about this hub, newest first."""
    if row.hub is None:
        return []
    decided = row.hub.requests.exclude(decided_by=None).exclude(pk=row.pk).select_related("decided_by", "requester")
    return list(decided.order_by("-decided_at")[:5])


def _changed(row: ChangeRequest) -> dict[str, Any]:
    """Differences from the returned version, and numbers that staff adjusted when approving."""
    found: dict[str, Any] = {"since_returned": None}
    if (asked := row.asked) and (spec := row.spec):  # each parses stored data
        found["otherwise"] = difference(asked, spec)
    last = row.returns.select_related("by").last() if row.state in (State.SUBMITTED, State.RETURNED) else None
    if last:
        found["returned"] = last
    if last and row.state == State.SUBMITTED:
        found["since_returned"] = since_returned(row, last)
    return found


def page(request: SignedIn, asked: ChangeRequest | UUID, *, status: int = 200, **extra: Any) -> HttpResponse:
    """Render the page of a request, or the requested fragment. `extra` replaces forms that contain input."""
    user, position = request.user, live.position()
    uid = asked.uid if isinstance(asked, ChangeRequest) else asked
    row = access.request(user, uid)  # read after the position, so that no change is missed
    may = access.may(user, row)
    fragment = request.htmx.target if request.htmx else None
    forecast = Forecast(row) if row.state in EDITABLE and row.hub else None
    context: dict[str, Any] = {
        "change_request": row,
        "live_position": position,
        "nav": "queue" if user.is_staff and row.submitted_at else "",
        **_state(row, user, may, forecast),
        **_talk(row, user),
    }
    if request.method == "GET" and fragment in FRAGMENTS:
        return render(request, f"requests/request.html#{fragment}", context, status=status)
    if request.method == "GET" and fragment == "total" and context["may_decide"]:  # while numbers are typed
        context["total"] = total(row, NumbersForm(offered(row), request.GET))
        return render(request, "requests/decide.html#total", context)
    context |= _proposal(row, user, forecast)
    context["retire_files"] = files_after(row)
    context["withdrawing"] = "withdraw" in request.GET or "withdraw_error" in extra
    context["comment_form"] = CommentForm(staff=user.is_staff) if row.submitted_at else None
    context |= _changed(row)
    if context["may_decide"]:
        context |= _decision(request, row, extra, context.get("meters", ()))
    return render(request, "requests/request.html", context | extra, status=status)
