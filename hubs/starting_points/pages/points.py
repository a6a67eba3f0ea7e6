"""The catalogue, for staff: cards, and the versions of the answers that requests start with."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hubs import access
from hubs.access import SignedIn
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.lists.paging import ordered_page
from hubs.models import AuditEvent, Hub, StartingPoint, StartingPointVersion
from hubs.spec import FIELDS, difference, reading
from hubs.spec.catalogue import ALWAYS_ASKED, beginning, of_hub
from hubs.starting_points import services
from hubs.starting_points.forms import Answers, CardForm, NewForm

from .versions import between, found, labels, renewed, say, wrong

A_PAGE = 50
Counts = dict[int, dict[int, int]]  # active hubs by starting point and version number


def _hubs_by_version(points: list[StartingPoint]) -> Counts:
    rows = Hub.objects.all().alive().filter(starting_version__point__in=points).order_by()
    found: Counts = {}
    for point, number, count in rows.values_list("starting_version__point", "starting_version__number").annotate(
        found=Count("pk")
    ):
        found.setdefault(point, {})[number] = count
    return found


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """List all, in the catalogue's order."""
    access.staff(request.user)
    rows = StartingPoint.objects.select_related("version").prefetch_related("organizations")
    page = ordered_page(rows, A_PAGE, request.GET, "position", "name", "pk")
    counts = _hubs_by_version(list(page.object_list))
    lines = [(row, sorted(counts.get(row.pk, {}).items(), reverse=True)) for row in page.object_list]
    return render(request, "starting_points/index.html", {"page": page, "lines": lines})


def _source(request: SignedIn) -> tuple[Answers, dict[str, Any], str]:
    """Return what a new one is copied from: an existing one, a hub's configuration, or nothing."""
    if slug := request.GET.get("from"):
        point = access.starting_point(request.user, slug)
        if point.version is None:
            raise Http404
        initial = CardForm.initial_of(point)
        lead = _("Copied from “{name}”.", name=point.name)
        return Answers(point.version.start(), point.version.shown), {**initial, "name": ""}, lead
    if uid := request.GET.get("hub"):
        hub = access.hub(request.user, uid)
        lead = _("Copied from the configuration of “{name}”, without its secrets.", name=hub.title)
        return Answers(of_hub(hub.spec), None), {}, lead
    return Answers(beginning({}), None), {}, ""


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    access.staff(request.user)
    if "find" in request.GET:
        return render(request, "requests/found.html", found(request.GET["find"], reading(beginning({}))[0]))
    if request.method != "POST":
        answers, initial, lead = _source(request)
        return _new_page(request, NewForm(initial={"everywhere": "yes", **initial}), answers, lead=lead)
    form, answers = NewForm(request.POST), Answers.posted(request.POST)
    valid = form.is_valid()
    if not valid or request.POST.get("verb") == "preview":
        return _new_page(request, form, answers, status=200 if valid else 422)
    try:
        point = services.create(
            by=request.user,
            slug=form.cleaned_data["slug"],
            card=form.card(),
            organizations=form.places(),
            draft=answers.draft,
            shown=answers.asked(),
        )
    except Invalid as error:
        say(form, error.errors)
        return _new_page(request, form, answers, status=422, errors=error.errors)
    messages.success(request, _("“{name}” is now offered under “Request a hub”.", name=point.name))
    return redirect("starting-point", point.slug)


def _new_page(
    request: SignedIn, form: NewForm, answers: Answers, *, status: int = 200, lead: str = "",
    errors: dict[str, list[str]] | None = None,
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {"card": {**form.preview(), "version": StartingPointVersion(draft=answers.draft)}}
    if fragment := _previewed(request, context):
        return fragment
    context |= {
        "form": form,
        "lead": lead,
        "sources": () if form.is_bound else StartingPoint.objects.all(),  # choosing one discards the input
        "sections": answers.sections(errors),
        "media": answers.media,
        "asked": answers.asked(),
        "wrong": wrong(errors),
    }
    return render(request, "starting_points/new.html", context, status=status)


@require_safe
def show(request: SignedIn, point: str) -> HttpResponse:
    """Show the card, the answers, the versions and their hubs, and the differences between two versions."""
    row = access.starting_point(request.user, point)
    versions = list(row.versions.select_related("author"))
    for version in versions:
        version.point = row
    on = _hubs_by_version([row]).get(row.pk, {})
    lines = AuditEvent.objects.filter(verb__startswith="starting_point.", subject=row.slug).order_by("-at", "-pk")[:50]
    context = {
        "point": row,
        "versions": [(version, on.get(version.number, 0)) for version in versions],
        "numbers": [version.number for version in versions],
        "on": sum(on.values()),
        **_asked(row.version),
        "given": [d for d in difference(None, row.version.spec) if d.path not in ALWAYS_ASKED] if row.version else [],
        "lines": [(line, line.told_html(line.actor_name, row.name)) for line in lines],
        **_compared(request, versions),
    }
    return render(request, "starting_points/show.html", context)


def _asked(version: StartingPointVersion | None) -> dict[str, list[str]]:
    """Return the fields shown to the requester, or the hidden ones, whichever are fewer."""
    if version is None or not version.hidden:
        return {}
    hidden, asked = labels(version.hidden, version.spec), labels(set(FIELDS) - version.hidden, version.spec)
    return {"asked": asked} if len(asked) < len(hidden) else {"hidden": hidden}


def _compared(request: SignedIn, versions: list[StartingPointVersion]) -> dict[str, Any]:
    """Return the differences between two versions, if requested."""
    by_number = {str(version.number): version for version in versions}
    old, new = by_number.get(request.GET.get("from", "")), by_number.get(request.GET.get("to", ""))
    if old is None or new is None:
        return {"asked_for": "from" in request.GET}
    return between(old, new)


@require_http_methods(["GET", "HEAD", "POST"])
def card(request: SignedIn, point: str) -> HttpResponse:
    """Edit name, picture, description, organisations and position. Not versioned, because it does not affect hubs."""
    row = access.starting_point(request.user, point)
    form = CardForm(request.POST if request.method == "POST" else None, initial=CardForm.initial_of(row))
    status = 422 if form.is_bound and not form.is_valid() else 200
    if form.is_bound and status == 200 and request.POST.get("verb") != "preview":
        try:
            seen, places = form.cleaned_data["seen"], form.places()
            services.describe(point=row, by=request.user, seen=seen, card=form.card(), organizations=places)
            messages.success(request, _("Saved. “Request a hub” shows the new card."))
            return redirect("starting-point", row.slug)
        except Invalid as error:
            say(form, error.errors)
            status = 422
        except Conflict as error:
            again = _("What you typed is below. Save again to replace the other one.")
            messages.error(request, f"{error.message} {again}")
            row.refresh_from_db()
            form, status = renewed(form, {"seen": row.changes}), 409
    context = {"point": row, "form": form, "card": {**form.preview(), "version": row.version}}
    return _previewed(request, context) or render(request, "starting_points/card_page.html", context, status=status)


def _previewed(request: SignedIn, context: dict[str, Any]) -> HttpResponse | None:
    """Render the card alone, while typing."""
    if request.method == "POST" and request.htmx and request.htmx.target == "card-preview":
        return render(request, "starting_points/card_preview.html", context)
    return None


@require_POST
def set_offered(request: SignedIn, point: str) -> HttpResponse:
    """`offered`: 1 offers it again, anything else withdraws it, after a question."""
    row = access.starting_point(request.user, point)
    offered = request.POST.get("offered") == "1"
    if not offered and row.offered and not request.POST.get("sure"):
        back = reverse("starting-point", args=[row.slug])
        crumbs = [(_("Starting points"), reverse("starting-point-list")), (row.name, back)]
        hubs = sum(_hubs_by_version([row]).get(row.pk, {}).values())
        kept = _("Drafts keep it, too.")
        context = {"name": row.name, "hubs": hubs, "kept": kept, "back": back, "crumbs": crumbs}
        return render(request, "components/withdraw.html", context)
    row = services.set_offered(point=row, by=request.user, offered=offered)
    withdrawn = _("Withdrawn. Drafts and hubs created from it are not affected.")
    messages.success(request, _("It is offered again.") if row.offered else withdrawn)
    return redirect("starting-point", row.slug)
