"""Pages of user-limit rules of a hub: create, replace and end them, and show which rules apply to a person."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Invalid
from hubs.hub.pages.page import common
from hubs.language import _, lazy, plural
from hubs.limits.queries.allowance import bound
from hubs.lists.of_asked_limits import AskedLimit
from hubs.models import Hub, UserLimit
from hubs.pages.forms import beside
from hubs.requests.pages.deciding import decided, following
from hubs.requests.rules import State
from hubs.roster.queries.people import groups_of, nobody, unknown
from hubs.user_limits.forms.rules import DecisionForm, RuleForm
from hubs.user_limits.queries.seen import differing, facts_of, waiting_for
from hubs.user_limits.rules import MEASURES, base
from hubs.user_limits.services import rules as services
from hubs.user_limits.services.requests import standing

MOST_WARNINGS = 10
ASKED = lazy("The request was sent to staff. Follow it under Requests. The limits apply as soon as it is approved.")
COUNTS = lazy("The change applies to the next server that starts. Running servers are not changed.")


def hub_of(request: SignedIn, uid: str) -> tuple[Hub, dict[str, Any]]:
    hub = access.hub(request.user, uid, Permission.LIMITS)
    return hub, common(hub, access.may(request.user, hub), "hub-limits")


def warn(request: SignedIn, sentences: Sequence[str]) -> None:
    for sentence in sentences[:MOST_WARNINGS]:
        messages.warning(request, sentence)
    if (more := len(sentences) - MOST_WARNINGS) > 0:
        others = plural("{count} other address is unknown.", "{count} other addresses are unknown.", more)
        messages.warning(request, others)


def _form(hub: Hub, data: Any = None, **more: Any) -> RuleForm:
    return RuleForm(
        data, groups=groups_of(hub), bounds={name: bound(hub, name) for name in MEASURES}, now=base(hub.spec),
        organization=hub.organization, can=hub.cluster.can, **more,
    )  # fmt: skip


def _show(
    request: SignedIn, context: dict[str, Any], form: RuleForm, *, rule: UserLimit | None = None, status: int = 200,
    beyond: bool = False, decision: DecisionForm | None = None,
) -> HttpResponse:  # fmt: skip
    undecided = rule is not None and rule.state == State.SUBMITTED
    context = {**context, "form": form, "rule": rule, "beyond": beyond, "undecided": undecided}
    if beyond or undecided:
        form.need_reason()
    if rule and undecided and request.user.is_staff:
        context |= {"standing": standing(rule), "decision": decision or DecisionForm(), "nav": "queue"}
        context |= following(request, rule)
    return render(request, "hub/limit.html", context, status=status)


def _refused(
    request: SignedIn, context: dict[str, Any], form: RuleForm, error: Invalid, rule: UserLimit | None = None
) -> HttpResponse:
    beside(form, error.errors)
    beyond = isinstance(error, services.Beyond)
    return _show(request, context, form, rule=rule, status=422, beyond=beyond)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn, uid: str) -> HttpResponse:
    """Create a rule for everyone, a group, or people. Limits above the organisation's can be requested."""
    hub, context = hub_of(request, uid)
    if request.method != "POST":
        return _show(request, context, _form(hub, initial={"names": request.GET.get("name", "")[:254]}))
    form = _form(hub, request.POST)
    if not form.is_valid():
        return _show(request, context, form, status=422)
    asked = request.POST.get("verb") == "ask"
    said = {"kind": form.cleaned_data["kind"], "names": form.whom(), "wanted": form.wanted()}
    try:
        rules = services.make(hub=hub, by=request.user, ask=asked, **said)
    except Invalid as error:
        return _refused(request, context, form, error)
    made = plural("{count} rule was created.", "{count} rules were created.", len(rules))
    messages.success(request, f"{made} {COUNTS}" if rules[0].since else str(ASKED))
    warn(request, unknown(hub, [rule.name for rule in rules if rule.is_personal]))
    return redirect("hub-limits", uid=hub.uid)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedIn, uid: str, rule: int) -> HttpResponse:
    """Change or end one rule, or (staff) approve or reject the requested one."""
    hub, context = hub_of(request, uid)
    row = get_object_or_404(hub.user_limits.select_related("hub__organization", "hub__cluster", "author"), pk=rule)
    if request.method != "POST":
        return _show(request, context, _form(hub, rule=row), rule=row)
    verb = request.POST.get("verb", "")
    if verb not in ("end", "allow"):
        return _changed(request, context, row, _form(hub, request.POST, rule=row))
    here = reverse("hub-limits", args=[hub.uid])
    decides = row.state == State.SUBMITTED and request.user.is_staff
    if verb == "end":
        try:
            services.end(rule=row, by=request.user, note=request.POST.get("note", ""))
        except Invalid as error:
            decision = DecisionForm(request.POST)
            beside(decision, error.errors)
            return _show(request, context, _form(hub, rule=row), rule=row, status=422, decision=decision)
        recalled = row.author_id == request.user.pk or not request.user.is_staff
        closed = _("The request was recalled.") if recalled else _("The request was rejected.")
        ended = _("Rule ended for {whom}.", whom=row.subject)
        done = f"{ended} {COUNTS}" if row.since else closed
    else:
        services.allow(rule=row, by=request.user)
        approved = _("Request approved for {whom}.", whom=row.subject)
        done = f"{approved} {COUNTS}"
    if decides:
        named = _("“{name}”: {result}", name=AskedLimit(row).name, result=done)
        return decided(request, row, named, here)
    messages.success(request, done)
    return redirect(here)


def _changed(request: SignedIn, context: dict[str, Any], row: UserLimit, form: RuleForm) -> HttpResponse:
    if not form.is_valid():
        return _show(request, context, form, rule=row, status=422)
    try:
        changed = services.change(
            rule=row, by=request.user, wanted=form.wanted(), ask=request.POST.get("verb") == "ask"
        )
    except Invalid as error:
        return _refused(request, context, form, error, row)
    done = _("Rule changed for {whom}.", whom=row.subject)
    messages.success(request, f"{done} {COUNTS}" if changed.since else str(ASKED))
    return redirect("hub-limits", uid=row.hub.uid)


@require_safe
def person(request: SignedIn, uid: str) -> HttpResponse:
    """Show the limits of a person in the hub, the rules they come from, and whether the person exists."""
    hub, context = hub_of(request, uid)
    name = request.GET.get("name", "").replace("\0", "").strip().lower()[:254]
    if name:
        context |= {"facts": facts_of(hub, name), "servers": differing(hub, name), "nobody": nobody(hub, name)}
        context["waiting"] = waiting_for(hub, name)
    return render(request, "hub/limit_person.html", {**context, "name": name})
