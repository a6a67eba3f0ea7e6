"""/help/: the guides by role, a search in them, and each of them as a page. Open to everyone, also before sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs.help import queries
from hubs.help.rules.guides import ADMINS, APPS, BY_SLUG, GUIDES, OPERATORS, PEOPLE, STAFF, TITLES, for_reader
from hubs.models import Membership, Role

LONGEST = 100  # characters of a search


def _audiences(request: HttpRequest) -> tuple[str, ...]:
    """Return the reader's audiences, most important first. Costs a query unless the reader is staff or signed out."""
    user = request.user
    if not user.is_authenticated:
        return (PEOPLE,)
    if user.is_staff:
        return (STAFF, OPERATORS, PEOPLE, ADMINS, APPS)
    runs = Membership.objects.filter(user=user, role__in=(Role.ADMIN, Role.OWNER)).exists()
    return (PEOPLE, ADMINS, APPS) if runs else (PEOPLE, APPS)


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
    groups = [
        (TITLES[audience], [guide for guide in guides if guide.audience == audience])
        for guides in (mine, others)
        for audience in dict.fromkeys(guide.audience for guide in guides)
    ]
    titles = {guide.slug: queries.document(guide.slug) for guide in GUIDES}
    shown = [(title, [(guide, titles[guide.slug]) for guide in guides]) for title, guides in groups]
    return render(request, "help/index.html", {"groups": shown})


@login_not_required
@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One guide, with its contents beside it. Raise Http404 when there is none."""
    if slug not in BY_SLUG:
        raise Http404
    return render(request, "help/guide.html", {"guide": BY_SLUG[slug], "document": queries.document(slug)})
