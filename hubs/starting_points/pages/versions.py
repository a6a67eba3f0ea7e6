"""New versions of a starting point, for staff: what would change, and publishing it."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hubs import access
from hubs.access import SignedIn
from hubs.errors import Conflict, Invalid
from hubs.language import _
from hubs.models import StartingPoint, StartingPointVersion
from hubs.pages.forms import beside
from hubs.spec import FIELDS, HubSpec, difference
from hubs.spec.catalogue import ALWAYS_ASKED, beginning
from hubs.spec.diff import Difference
from hubs.spec.finding import settings
from hubs.spec.take_over import merged
from hubs.starting_points import services
from hubs.starting_points.forms import Answers, VersionForm


def say(form: forms.Form, errors: dict[str, list[str]]) -> None:
    """Show a service's errors next to this form's fields; those of answers are shown next to the answers."""
    beside(form, {name: words for name, words in errors.items() if name not in FIELDS})


def wrong(errors: dict[str, list[str]] | None) -> list[tuple[str, str, str]]:
    """Return (path, label, sentences) of wrong answers."""
    mine = {path: words for path, words in (errors or {}).items() if path in FIELDS}
    return [(path, FIELDS[path].words.label, " ".join(map(str, words))) for path, words in mine.items()]


def labels(paths: Collection[str], spec: HubSpec) -> list[str]:
    """Return labels of fields, in the form's order, without those that other answers make unnecessary."""
    return [field.words.label for path, field in FIELDS.items() if path in paths and field.asked(spec)]


def between(old: StartingPointVersion, new: StartingPointVersion) -> dict[str, Any]:
    return {
        "old": old,
        "new": new,
        "differences": difference(old.spec, new.spec),
        "now_hidden": labels(new.hidden - old.hidden, new.spec),
        "now_asked": labels(old.hidden - new.hidden, new.spec),
    }


def renewed(form: Any, values: dict[str, Any]) -> Any:
    """Return the form with the same input, based on the current row."""
    data = form.data.copy()
    for name, value in values.items():
        data[name] = value
    return type(form)(data)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, point: str) -> HttpResponse:
    """Publish a new version. New requests start with it; hubs are notified, and can apply it."""
    row = access.starting_point(request.user, point)
    newest = row.version
    if newest is None:
        raise Http404
    if "find" in request.GET:
        return render(request, "requests/found.html", found(request.GET["find"], newest.spec))
    if request.method != "POST":
        form = VersionForm(initial={"seen": newest.number})
        return _edit_page(request, row, form, Answers(newest.start(), newest.shown))
    form, answers = VersionForm(request.POST), Answers.posted(request.POST)
    if not form.is_valid():
        return _edit_page(request, row, form, answers, status=422)
    try:
        if request.POST.get("verb") == "review":
            return _reviewed(request, row, form, answers)
        version = services.publish(
            point=row,
            by=request.user,
            seen=form.cleaned_data["seen"],
            draft=answers.draft,
            shown=answers.asked(),
            message=form.cleaned_data["message"],
        )
    except Invalid as error:
        say(form, error.errors)
        return _edit_page(request, row, form, answers, status=422, errors=error.errors)
    except Conflict as error:
        return _overtaken(request, row, form, answers, error)
    published = _("Version {number} was published. New requests start with it.", number=version.number)
    messages.success(request, published)
    return redirect("starting-point", row.slug)


def found(query: str, spec: HubSpec) -> dict[str, Any]:
    """Return the context of the search in the settings, which are all on this page."""
    found = [one for one in settings(query, spec) if one.shown.path not in ALWAYS_ASKED]
    return {"find": query.strip(), "found": [{"setting": one, "href": f"#id_{one.shown.path}"} for one in found]}


def _told(one: Difference) -> str:
    before, after = one.before or _("nothing"), one.after or _("nothing")
    return _("{label}: {before} → {after}", label=one.label, before=before, after=after)


def _reviewed(request: SignedIn, row: StartingPoint, form: VersionForm, answers: Answers) -> HttpResponse:
    """Show what would change, and propose it as the text about what is new. Raise Invalid."""
    asked = answers.asked()
    base = services.check(point=row, seen=form.cleaned_data["seen"], draft=answers.draft, shown=asked)
    new = StartingPointVersion(point=row, number=base.number + 1, draft=beginning(answers.draft), shown=asked)
    changes = between(base, new)
    told = "\n".join(map(_told, changes["differences"]))
    proposed = renewed(form, {"message": form.cleaned_data["message"] or told})
    return _edit_page(request, row, proposed, answers, reviewed=True, **changes)


def _overtaken(
    request: SignedIn, row: StartingPoint, form: VersionForm, answers: Answers, error: Conflict
) -> HttpResponse:
    """Someone else published meanwhile: show both edits merged, to publish again."""
    row = access.starting_point(request.user, row.slug)
    base = row.versions.filter(number=form.cleaned_data["seen"]).first()
    theirs = row.version
    if base is None or theirs is None:
        raise Http404
    draft, both = merged(base.start(), theirs.start(), answers.draft)
    shown = _merged_shown(base, theirs, answers)
    context: dict[str, Any] = {
        "overtaken": error.message,
        "theirs": difference(base.spec, theirs.spec),
        "both": [FIELDS[path].words.label for path in both],
    }
    newer = renewed(form, {"seen": theirs.number})
    return _edit_page(request, row, newer, Answers(draft, shown), status=409, **context)


def _merged_shown(base: StartingPointVersion, theirs: StartingPointVersion, answers: Answers) -> list[str]:
    """The same for the boxes: theirs, with the changes made here."""
    ticked = set(answers.asked())
    here = {path for path in FIELDS if (path in ticked) == (path in base.hidden)}
    return [path for path in FIELDS if (path in ticked if path in here else path not in theirs.hidden)]


def _edit_page(
    request: SignedIn, row: StartingPoint, form: VersionForm, answers: Answers, *, status: int = 200,
    errors: dict[str, list[str]] | None = None, **extra: Any,
) -> HttpResponse:  # fmt: skip
    context = {
        "point": row,
        "form": form,
        "sections": answers.sections(errors),
        "media": answers.media,
        "asked": answers.asked(),
        "wrong": wrong(errors),
        **extra,
    }
    return render(request, "starting_points/edit.html", context, status=status)
