"""Write a request: choose a starting point, answer step by step, review, send."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from hubs import access
from hubs.access import Permission, SignedIn
from hubs.errors import Conflict, DomainError, Invalid
from hubs.images.queries import registries as images
from hubs.images.queries.chosen import rows_for
from hubs.language import _, lazy
from hubs.models import ChangeRequest, StartingPoint
from hubs.pages.forms import beside
from hubs.requests.forms.answers import step_of
from hubs.requests.forms.asked import NAMES, REVIEW, Asked
from hubs.requests.forms.forecast import Forecast
from hubs.requests.forms.image_cards import cards_of, datalist, texts_of
from hubs.requests.forms.requests import BeginForm, ReasonForm, offered_in
from hubs.requests.forms.secrets import STEP as SECRETS_STEP
from hubs.requests.forms.secrets import add_secrets, note_hidden, to_paste
from hubs.requests.forms.spec import step_form, unsupported
from hubs.requests.queries.cards import note_reviews
from hubs.requests.queries.outcome import just_sent, send_label
from hubs.requests.rules import EDITABLE, State
from hubs.requests.services import judged, rebasing, secrets
from hubs.requests.services import requests as services
from hubs.requests.services.two_tabs import Both
from hubs.spec import FIELDS, STEPS
from hubs.spec.admission import PROFILES
from hubs.spec.hiding import hidden_in

from . import finding
from .saving import editable, keep, note_both, posted

TITLES = {**{step.name: step.title for step in STEPS}, REVIEW: lazy("Review")}


@require_http_methods(["GET", "HEAD", "POST"])
def catalogue(request: SignedIn) -> HttpResponse:
    """Show starting points as cards; selecting one creates the draft."""
    organizations = access.may_request_in(request.user).select_related("cluster").order_by("name")
    points = StartingPoint.objects.all().offered_in(organizations.order_by().values("pk"))
    if request.method == "POST":
        form = BeginForm(organizations, points, request.POST)
        if form.is_valid():
            try:
                row = services.begin(
                    organization=form.cleaned_data["organization"],
                    starting_point=form.cleaned_data["starting_point"].slug,
                    by=request.user,
                    uid=form.request_uid(),
                )
                return redirect("request-edit", uid=row.uid, step=NAMES[0])
            except Invalid as error:  # a card of another organisation
                form.add_error("organization", error.message)
    else:
        form = BeginForm(organizations, points, initial={"organization": request.GET.get("organization", "")})
    # Don't reveal the other organisations of a card.
    cards = points.prefetch_related(Prefetch("organizations", organizations))
    offered = list(offered_in(form))
    noted = note_reviews(cards, [row for row in offered if row.slug == request.GET.get("organization")] or offered)
    context = {"form": form, "cards": noted, "uid": uuid.uuid4(), "organizations": offered}
    return render(request, "requests/catalogue.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: SignedIn, uid: str) -> HttpResponse:
    """Start or continue the user's change of a hub. A GET is allowed, because drafts are private and a second one
    finds the same draft. POST with `image`, a row of the image catalogue, changes to that image and redirects to the
    review."""
    hub = access.hub(request.user, uid, Permission.OPERATE)
    if request.method == "HEAD":
        return HttpResponse()
    row = services.begin_change(hub=hub, by=request.user)
    if request.method == "POST" and (texts := texts_of(request.POST.get("image", ""), hub.organization)):
        try:
            services.save(request=row, by=request.user, values=texts)
            return redirect("request-review", uid=row.uid)
        except DomainError as error:
            messages.error(request, error.message)
    step = request.GET.get("step", "")
    return redirect(finding.address(row, step if step in NAMES else NAMES[0], request.GET.get("field", "")))


def _sent(request: SignedIn, row: ChangeRequest) -> HttpResponse | None:
    """Return where to redirect to if the request can no longer be edited."""
    if row.state in EDITABLE:
        return None
    if row.state == State.SUBMITTED:
        messages.info(request, _("This request has been sent. To edit it, recall it first."))
    return redirect("request", uid=row.uid)


def _stepper(row: ChangeRequest, current: str, forecast: Forecast, asked: Asked) -> list[dict[str, Any]]:
    wrong = {problem.step for problem in forecast.problems}
    before = NAMES.index(current) if current in NAMES else len(NAMES)
    typed = {step_of(path) for path in forecast.typed_wrong()}
    found: list[dict[str, Any]] = []
    used = {field.words.step for field in FIELDS.values() if field.extra and field.telling(forecast.spec)}
    for step in asked.steps:
        number = NAMES.index(step.name)
        if step.extra and step.name not in {current, *used, *wrong}:
            continue
        href = reverse("request-edit", args=[row.uid, step.name])
        state = "done" if number < before else "todo"
        if step.name == current:
            state = "current"
        elif step.name in typed or (step.name in wrong and number < before):
            state, href = "error", f"{href}?check=1"
        found.append({"title": step.title, "href": href, "state": state, "current": step.name == current})
    here = current == REVIEW
    review = {"title": TITLES[REVIEW], "href": reverse("request-review", args=[row.uid]), "current": here}
    return [*found, review | {"state": "current" if here else "todo"}]


def _edit_page(
    request: SignedIn, row: ChangeRequest, step: str, forecast: Forecast, *, status: int = 200, **extra: Any
) -> HttpResponse:
    everything = "check" in request.GET or row.state == State.RETURNED
    errors = extra.pop("errors", None) or (forecast.errors if everything else forecast.typed_wrong())
    form = step_form(
        step, forecast.draft, row.organization, forecast.spec, before=forecast.before,
        start=forecast.start, errors=errors,
    )  # fmt: skip
    form.offer_institutions(forecast.spec)
    form.note_groups(row, forecast.group_warnings)
    known = secrets.known(row) if step == SECRETS_STEP or next(hidden_in(forecast.spec), None) else {}
    note_hidden(form, known, forecast.spec)
    if step == SECRETS_STEP:
        add_secrets(form, known, forecast.spec, errors)
        extra |= to_paste(row.hub.url if row.hub else forecast.address)
    asked = Asked(row, forecast)
    asked.trim(form)
    form.linked = request.GET.get("field", "")
    image_cards = cards_of(form, row, forecast.draft)
    seen = note_both(form, row, extra.get("both", ()), extra.get("seen", {}))
    number, last = NAMES.index(step), asked.after(step) == REVIEW
    context = {
        "change_request": row,
        "step": STEPS[number],
        "form": form,
        "forecast": forecast,
        "steps": _stepper(row, step, forecast, asked),
        "following": TITLES[asked.after(step)],
        "previous": TITLES[asked.before(step)] if number else "",
        "image_cards": image_cards,
        "image_options": datalist(rows_for(row.organization)) if PROFILES in form.fields else [],
        "extras": [extra for extra in asked.beside if extra.name != step] if last else [],
        **finding.found(row, forecast, asked, request.GET.get("find", "")),
        **extra,
        "seen": seen,
    }
    return render(request, "requests/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, uid: uuid.UUID, step: str) -> HttpResponse:
    """One step. Errors are shown, but only prevent sending."""
    if step not in NAMES:
        raise Http404
    row = editable(request, uid)
    if request.method != "POST":
        asked = Asked(row)
        if request.htmx and request.htmx.target == "settings-found":
            context = finding.found(row, Forecast(row), asked, request.GET.get("find", ""))
            return render(request, "requests/found.html", context)
        if step in asked.skipped and row.state in EDITABLE:
            return redirect(_where_next("", row, step))
        return _sent(request, row) or _edit_page(request, row, step, Forecast(row))
    said = posted(request.POST, step, row)
    shown = said.texts
    if request.htmx and request.htmx.target in ("forecast", "address"):  # while typing: shows results, saves nothing
        context = {"change_request": row, "forecast": Forecast(row, shown), "step": STEPS[NAMES.index(step)]}
        return render(request, f"requests/edit.html#{request.htmx.target}", context)
    try:
        found = keep(request, row, said)
    except DomainError as error:
        messages.error(request, error.message)
        errors = error.errors if isinstance(error, Invalid) else None
        status = 422 if errors else 409
        return _edit_page(request, row, step, Forecast(row, shown), status=status, errors=errors)
    if found.both:
        mine = {one.path: one.mine for one in found.both}
        return _edit_page(request, row, step, Forecast(row, mine), status=409, both=found.both, seen=said.seen)
    if request.POST.get("find") and request.POST.get("go") in ("find", step):  # the latter: the key Enter
        return redirect(
            f"{reverse('request-edit', args=[row.uid, step])}?{urlencode({'find': request.POST.get('find', '')})}"
        )
    return redirect(_where_next(request.POST.get("go", ""), row, step))


def _where_next(go: str, row: ChangeRequest, step: str) -> str:
    if go == "leave" and row.hub and not ChangeRequest.objects.filter(pk=row.pk).begun().exists():
        return reverse("hub", args=[row.hub.uid])  # nothing was changed
    if go == "leave":
        return reverse("request", args=[row.uid])
    asked = Asked(row)
    where = go if go in (*NAMES, REVIEW) else asked.before(step) if go == "back" else asked.after(step)
    if where == REVIEW:
        return reverse("request-review", args=[row.uid])
    return reverse("request-edit", args=[row.uid, where])


def _review_page(
    request: SignedIn, row: ChangeRequest, *, status: int = 200, reason: str | None = None,
    errors: dict[str, list[str]] | None = None, both: tuple[Both, ...] = (), seen: Mapping[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    forecast = Forecast(row)
    label = _("Reason for the change") if row.hub else _("Reason for the request")
    routine = forecast.assessment.routine
    about = _("One sentence is enough.") if routine else _("Required, because staff review this request.")
    shown = {"reason": row.reason if reason is None else reason}
    form = ReasonForm(shown, label=label, about=about, needed=not routine, optional=routine)
    beside(form, {"reason": errors["reason"]} if errors and "reason" in errors else {})
    asked = Asked(row, forecast)
    context = {
        "change_request": row,
        "form": form,
        "seen": note_both(form, row, both, seen or {}),
        "forecast": forecast,
        "skipped": asked.skipped,
        "send_label": send_label(row, routine=routine),
        "not_here": unsupported(row.place, forecast.draft, *filter(None, [forecast.before, forecast.start])).values(),
        "steps": _stepper(row, REVIEW, forecast, asked),
        "unchanged": bool(forecast.before) and not forecast.errors and not forecast.happens.differences,
    }
    return render(request, "requests/review.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Show all answers in words, remaining errors and consequences, with the button that sends the request."""
    row = editable(request, uid)
    if request.method != "POST":
        return _sent(request, row) or _review_page(request, row)
    said = posted(request.POST, REVIEW, row)
    reason = said.reason
    try:
        found = keep(request, row, said)
        if found.both:
            return _review_page(request, row, status=409, reason=reason, both=found.both, seen=said.seen)
        _ask_registries(request, row)
        services.submit(request=row, by=request.user)
    except Invalid as error:
        row.refresh_from_db()
        if "reason" not in error.errors:  # otherwise the form shows it
            messages.error(request, error.message)
        return _review_page(request, row, status=422, reason=reason, errors=error.errors)
    except Conflict as error:
        row = editable(request, uid)
        if row.state in EDITABLE:
            messages.error(request, error.message)
            return _review_page(request, row, status=409, reason=reason)
        # a double click has sent it already: both clicks have the same result
    if told := just_sent(row):
        messages.success(request, told)
    if row.state == State.APPROVED and row.hub:
        return redirect("hub", uid=row.hub.uid)
    return redirect("request", uid=row.uid)


def _ask_registries(request: SignedIn, row: ChangeRequest) -> None:
    """Before the request is assessed, so that a request for a missing image is not approved automatically."""
    if row.state in EDITABLE:
        place = row.place
        images.ask_first(row.organization, place, request.user, judged.read(row)[0])


@require_POST
def rebase(request: SignedIn, uid: uuid.UUID) -> HttpResponse:
    """Bring a change up to date with the hub."""
    row = editable(request, uid)
    theirs = [path for path in FIELDS if request.POST.get(f"answer.{path}") == "theirs"]
    both = rebasing.rebase(request=row, by=request.user, theirs=theirs)
    if both:
        fields = ", ".join(map(str, both))
        said = _(
            "Up to date. You and someone else both changed: {fields}. Your answers were kept; check them.",
            fields=fields,
        )
        messages.warning(request, said)
    else:
        messages.success(request, _("Up to date. Your answers are as you left them."))
    return redirect("request-review", uid=row.uid)
