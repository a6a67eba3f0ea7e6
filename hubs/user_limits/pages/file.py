"""Pages of user-limit rules as a file: download, and an import with a preview."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from hubs.access import SignedIn
from hubs.errors import Invalid
from hubs.language import _, plural
from hubs.user_limits.forms.file import RulesFileForm, as_csv
from hubs.user_limits.services.file import Brought, bring

from .rules import COUNTS, hub_of, warn

MOST_SHOWN = 200  # changes in the preview


@require_safe
def as_file(request: SignedIn, uid: str) -> HttpResponse:
    """Return all active rules as CSV."""
    hub, _context = hub_of(request, uid)
    rules = hub.user_limits.counting(timezone.now()).spelled().order_by("kind", "name", "pk")
    headers = {"Content-Disposition": f'attachment; filename="{hub.slug}-user-limits.csv"'}
    return HttpResponse(as_csv(rules, hub.organization.zone), content_type="text/csv; charset=utf-8", headers=headers)


def _counts(brought: Brought) -> list[str]:
    """Return what a file does to the rules, as sentences."""
    count = brought.counts
    said = {
        "added": plural("{count} rule is added.", "{count} rules are added.", count["added"]),
        "changed": plural("{count} rule is changed.", "{count} rules are changed.", count["changed"]),
        "ended": plural("{count} rule is ended.", "{count} rules are ended.", count["ended"]),
        "same": plural("{count} rule stays the same.", "{count} rules stay the same.", count["same"]),
    }
    return [said[name] for name in said if count[name]]


@require_http_methods(["GET", "HEAD", "POST"])
def from_file(request: SignedIn, uid: str) -> HttpResponse:
    """Import many rules at once, from a CSV file or pasted text: first what would change, then the import. All lines or
    none."""
    hub, context = hub_of(request, uid)
    if request.method != "POST":
        form = RulesFileForm(zone=hub.organization.zone)
        return render(request, "hub/limit_file.html", {**context, "form": form})
    form = RulesFileForm(request.POST, request.FILES, zone=hub.organization.zone)
    verb, status = request.POST.get("do", ""), 422
    if form.is_valid() and verb == "edit":
        status = 200
    elif form.is_valid():
        try:
            brought = bring(hub=hub, by=request.user, lines=form.lines, unread=form.unread, dry=verb != "apply")
        except Invalid as error:
            form.add_error("text", [words for sentences in error.errors.values() for words in sentences])
        else:
            if verb == "apply":
                messages.success(request, " ".join([_("The rules were imported."), str(COUNTS)]))
                warn(request, brought.warnings)
                return redirect("hub-limits", uid=hub.uid)
            shown = {"brought": brought, "counts": _counts(brought), "changes": brought.changes[:MOST_SHOWN]}
            return render(request, "hub/limit_preview.html", {**context, **shown, "text": form.data["text"]})
    return render(request, "hub/limit_file.html", {**context, "form": form}, status=status)
