"""/help/: the guides by role, a search in them, and each of them as a page. Open to everyone, also before sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs.help import queries
from hubs.help.rules.documents import Document
from hubs.help.rules.guides import ADMINS, APPS, BY_SLUG, OPERATORS, PEOPLE, STAFF, TITLES, Guide, for_reader

LONGEST = 100  # characters of a search


def _audiences(request: HttpRequest) -> tuple[str, ...]:
    """Return the reader's audiences, most important first. Costs a query unless the reader is staff or signed out."""
    user = request.user
    if not user.is_authenticated:
        return (PEOPLE,)
    if user.is_staff:
        return (STAFF, OPERATORS, PEOPLE, ADMINS, APPS)
    return (PEOPLE, ADMINS, APPS) if user.runs_organization else (PEOPLE, APPS)


def _grouped(guides: list[Guide]) -> list[tuple[str, list[tuple[Guide, Document]]]]:
    """Return the guides below the title of their audience, each with its document."""
    return [
        (TITLES[audience], [(guide, queries.document(guide.slug)) for guide in guides if guide.audience == audience])
        for audience in dict.fromkeys(guide.audience for guide in guides)
    ]


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The guides, the reader's own first; with `?q=`, the parts that have all of its words."""
    audiences = _audiences(request)
    query = request.GET.get("q", "").strip()[:LONGEST]
    if query:
        found, elsewhere = queries.find(query, audiences)
        return render(request, "help/found.html", {"q": query, "found": found, "elsewhere": elsewhere})
    mine, others = for_reader(audiences)
    return render(request, "help/index.html", {"groups": _grouped(mine), "others": _grouped(others)})


@login_not_required
@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One guide, with its contents beside it. Raise Http404 when there is none."""
    if slug not in BY_SLUG:
        raise Http404
    return render(request, "help/guide.html", {"guide": BY_SLUG[slug], "document": queries.document(slug)})
